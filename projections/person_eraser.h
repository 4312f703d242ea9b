// Destroys the keys of erased customers and of all persons of deleted tenants: a follower of the log that has no rows.
// Where it stands is kept nowhere, since every start destroys the keys of everyone who was ever erased once more. So a
// file of keys that came back from a backup brings nobody back.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "engine/follower.h"
#include "engine/person_keys.h"

namespace till {

// Thread safe apart from the View calls, which its own follower makes.
class PersonEraser : public View {
 public:
  // Destroys the keys of all who are erased in the books, durably, and follows the log from there. Before anything is
  // read with `keys` and before the engine's first command; both outlive the result. Errors of PersonKeys::erase().
  static Result<std::unique_ptr<PersonEraser>> open(Engine& engine, PersonKeys& keys);
  ~PersonEraser() override;
  void stop();

  // The keys of whom the log says up to `position` that they are erased are destroyed once this has returned true.
  bool wait_for(Position position, std::chrono::milliseconds timeout) { return follower_.wait_for(position, timeout); }
  FollowerStatus status() const { return follower_.status(); }

  std::string_view name() const override { return "person_eraser"; }
  Result<LogPoint> checkpoint() override;
  Status apply(std::span<const TransactionPtr> batch) override;

 private:
  PersonEraser(Engine& engine, PersonKeys& keys);
  Status erase_all(Engine& engine);
  Status erase_tenant(const std::string& tenant, Position until);
  Status erase_persons(const schema::Record& record);

  Feed& feed_;
  PersonKeys& keys_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  LogPoint at_;
  Follower follower_;
};

}  // namespace till
