#include "engine/books_loader.h"

#include "engine/named_thread.h"
#include "engine/own_kinds.h"

namespace till {
BooksLoader::BooksLoader(const BooksStore& store, const Books& books, const Domain& domain,
                         std::function<void(SubmissionPtr)> resume, std::function<void(const Error&)> on_failure)
    : store_(store),
      books_(books),
      domain_(domain),
      resume_(std::move(resume)),
      on_failure_(std::move(on_failure)),
      thread_(named_thread("books-loader", [this] { run(); })) {}

BooksLoader::~BooksLoader() {
  stop();
}

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

void BooksLoader::prefetch(Submission& submission) const {
  Prefetch& prefetch = submission.prefetch;
  prefetch.round = books_.round();
  for (const CommandRequest& command : submission.commands) add_needs(command, prefetch.keys);
  if (prefetch.keys.empty()) return;
  // A store that cannot be read is met again, and reported, where the sequencer misses the entity.
  if (!store_.load(prefetch.keys, prefetch.images).ok()) prefetch.keys.clear();
}

void BooksLoader::load(SubmissionPtr submission, std::vector<std::string> keys) {
  add_needs(submission->commands[submission->next], keys);
  const std::lock_guard lock(mutex_);
  requests_.push_back({std::move(submission), std::move(keys)});
  wake_.notify_one();
}

std::size_t BooksLoader::waiting() const {
  const std::lock_guard lock(mutex_);
  return requests_.size() + in_hand_;
}

void BooksLoader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void BooksLoader::run() {
  while (true) {
    Request request;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !requests_.empty(); });
      if (requests_.empty()) return;
      request = std::move(requests_.front());
      requests_.pop_front();
      in_hand_ = 1;
    }
    Prefetch& prefetch = request.submission->prefetch;
    prefetch.round = books_.round();
    prefetch.keys = std::move(request.keys);
    loads_.fetch_add(prefetch.keys.size(), std::memory_order_relaxed);
    if (Status loaded = store_.load(prefetch.keys, prefetch.images); !loaded.ok()) {
      prefetch.keys.clear();
      on_failure_(loaded.error());
    }
    resume_(std::move(request.submission));
    const std::lock_guard lock(mutex_);
    in_hand_ = 0;
  }
}

}  // namespace till
