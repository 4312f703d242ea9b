// The commit stage: one synced write per group, then the answers. While a group is being written the next one forms.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/log.h"
#include "engine/log_feed.h"
#include "engine/stage.h"
#include "engine/submission.h"

namespace till {

struct CommitOptions {
  std::size_t group_transactions;
  std::size_t group_bytes;
};

class Committer : public Stage {
 public:
  // `on_room` is called when a full group has been taken; `on_failure` once, when the log failed.
  Committer(Log& log, LogFeed& feed, CommitOptions options, std::function<void()> on_room,
            std::function<void(const Error&)> on_failure);

  // Sequencer thread. The transaction joins the forming group; its submission's next command is answered when it is
  // durable.
  void add(StoredRecord&& record, TransactionPtr transaction, const SubmissionPtr& submission);
  // Sequencer thread. A decided command without a record: answered when everything before it is durable.
  void add_answer(const SubmissionPtr& submission);
  // Lets the commit thread take what formed; called once per turn of the sequencer rather than per command.
  void flush_turn();
  // Room for another transaction in the forming group.
  bool has_room() const;
  // Head of the forming group: what the next transaction follows. Sequencer thread.
  const LogPoint& head() const { return head_; }

  // The stage is done when what formed is written.
  void stop();
  Step step() override;
  void wait() override;

  std::uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }
  std::uint64_t transactions() const { return transactions_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t sync_us_total() const { return sync_us_total_.load(std::memory_order_relaxed); }
  std::uint64_t sync_us_last() const { return sync_us_last_.load(std::memory_order_relaxed); }
  std::uint64_t group_last() const { return group_last_.load(std::memory_order_relaxed); }

 private:
  struct Answer {
    SubmissionPtr submission;
    std::size_t count;
  };
  struct Group {
    std::vector<StoredRecord> records;
    std::vector<TransactionPtr> transactions;
    std::vector<Answer> answers;
    std::size_t bytes = 0;
    bool empty() const { return records.empty() && answers.empty(); }
    void clear();
  };
  bool write(Group& group);
  void answer(Group& group);
  void fail(Group& group);
  void note_answer(const SubmissionPtr& submission);

  Log& log_;
  LogFeed& feed_;
  const CommitOptions options_;
  const std::function<void()> on_room_;
  const std::function<void(const Error&)> on_failure_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Group forming_;
  LogPoint head_;
  Group writing_;  // of the commit thread
  bool idle_ = false;
  bool ready_ = false;
  bool stopping_ = false;
  bool failed_ = false;
  std::atomic<std::uint64_t> groups_{0}, transactions_{0}, bytes_{0};
  std::atomic<std::uint64_t> sync_us_total_{0}, sync_us_last_{0}, group_last_{0};
};

}  // namespace till
