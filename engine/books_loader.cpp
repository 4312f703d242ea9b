#include "engine/books_loader.h"

#include <algorithm>

#include "engine/own_kinds.h"

namespace till {
namespace {

// Commands of a batch whose needs are read at once: ahead of a few slices, and no more than one turn of the sequencer
// can take in without others noticing.
constexpr std::size_t kCommandsAtOnce = 32;
// Fewer commands, at least one, where they need more entities than this.
constexpr std::size_t kKeysAtOnce = 500;

}  // namespace

BooksLoader::BooksLoader(const BooksStore& store, const Books& books, const Domain& domain, const BooksFlusher& flusher,
                         std::function<void(SubmissionPtr)> resume, std::function<void(const Error&)> on_failure)
    : store_(store),
      books_(books),
      domain_(domain),
      flusher_(flusher),
      resume_(std::move(resume)),
      on_failure_(std::move(on_failure)) {}

void BooksLoader::add_needs(const CommandRequest& command, std::vector<std::string>& keys) const {
  thread_local std::vector<EntityRef> needs;
  needs.clear();
  domain_.needs(*command.body, needs);
  needs.push_back({kCommandKey, command.key});
  needs.push_back({kTenantChain, ""});
  for (const EntityRef& need : needs) {
    std::string key = books_key(command.tenant, need.kind, need.id);
    if (!books_.hints().probably_resident(key)) keys.push_back(std::move(key));
  }
}

bool BooksLoader::prefetch(Submission& submission) const {
  if (submission.commands.size() != 1) return false;
  Prefetch& prefetch = submission.prefetch;
  // Before residency is asked: what leaves memory after this question was flushed by then, or is not installed.
  prefetch.flushed = flusher_.flushed();
  prefetch.until = 1;
  add_needs(submission.commands.front(), prefetch.keys);
  if (prefetch.keys.empty()) return true;
  const Result<bool> complete = store_.load_from_memory(prefetch.keys, prefetch.images);
  return complete.ok() && complete.value();
}

void BooksLoader::load(SubmissionPtr submission) {
  const std::lock_guard lock(mutex_);
  std::deque<SubmissionPtr>& of_tenant = waiting_[submission->tenant()];
  if (of_tenant.empty()) turns_.emplace_back(submission->tenant());
  of_tenant.push_back(std::move(submission));
  wake_.notify_one();
}

void BooksLoader::fail(const Error& error) {
  failed_.store(true, std::memory_order_release);
  on_failure_(error);
}

void BooksLoader::report_damage(const Error& error) {
  store_.note_damage();
  fail(error);
}

void BooksLoader::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
}

Status BooksLoader::fill(Submission& submission) {
  Prefetch& prefetch = submission.prefetch;
  if (prefetch.images.size() < prefetch.keys.size()) {  // begun by prefetch()
    loads_.fetch_add(prefetch.keys.size() - prefetch.images.size(), std::memory_order_relaxed);
    return store_.load(prefetch.keys, prefetch.images);
  }
  prefetch.images.clear();
  prefetch.flushed = flusher_.flushed();
  prefetch.keys = submission.found_needs;
  const std::size_t last = std::min(submission.commands.size(), submission.next + kCommandsAtOnce);
  prefetch.until = submission.next;
  do {
    add_needs(submission.commands[prefetch.until++], prefetch.keys);
  } while (prefetch.until < last && prefetch.keys.size() < kKeysAtOnce);
  // A basket's articles are another's too.
  std::sort(prefetch.keys.begin(), prefetch.keys.end());
  prefetch.keys.erase(std::unique(prefetch.keys.begin(), prefetch.keys.end()), prefetch.keys.end());
  loads_.fetch_add(prefetch.keys.size(), std::memory_order_relaxed);
  return store_.load(prefetch.keys, prefetch.images);
}

Stage::Step BooksLoader::step() {
  SubmissionPtr submission;
  {
    const std::lock_guard lock(mutex_);
    if (turns_.empty()) return stopping_ ? Step::kDone : Step::kIdle;
    const auto tenant = waiting_.find(turns_.front());
    submission = std::move(tenant->second.front());
    tenant->second.pop_front();
    if (tenant->second.empty()) {
      waiting_.erase(tenant);
    } else {
      turns_.push_back(std::move(turns_.front()));
    }
    turns_.pop_front();
  }
  if (Status filled = fill(*submission); !filled.ok()) {
    submission->prefetch = {};
    fail(filled.error());
  }
  resume_(std::move(submission));
  return Step::kWorked;
}

void BooksLoader::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return stopping_ || !turns_.empty(); });
}

}  // namespace till
