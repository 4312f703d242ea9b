// Rebuild, rollback and the switch of generations.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <spdlog/spdlog.h>

#include "projections/digest_difference.h"
#include "projections/read_ahead.h"
#include "projections/read_cache/generation.h"
#include "projections/read_cache/generation_files.h"
#include "projections/read_cache/read_cache.h"

namespace till {

using read_cache::Generation;
using read_cache::Purpose;

namespace {

// One read of the log while building.
constexpr std::size_t kBuildTransactions = 4096;
constexpr std::size_t kBuildBytes = 16u << 20;
// So close behind, a generation is caught up in one go.
constexpr std::uint64_t kNearTransactions = 4096;
constexpr int kSwitchAttempts = 100;

bool is_cancelled(const RebuildRequest& request) {
  return request.cancelled != nullptr && request.cancelled->load(std::memory_order_relaxed);
}

Error cancelled_error() {
  return Error{ErrorKind::kCancelled, "read cache: cancelled"};
}

// kCorrupt, naming what differs first, where rows and log do not tell the same.
Status verify(Generation& generation, const LogDigest& log, const std::string& tenant, const RebuildRequest& request) {
  auto rows = generation.digest(tenant, request.cancelled);
  if (!rows.ok()) return rows.error();
  if (rows->at.position != log.position()) {
    return Error{ErrorKind::kCorrupt, "read cache: the new rows stand at " + std::to_string(rows->at.position.value()) +
                                          ", the log was read to " + std::to_string(log.position().value())};
  }
  const std::string difference = first_difference(*rows, log.digests(), tenant);
  if (difference.empty()) return {};
  return Error{ErrorKind::kCorrupt, "read cache: at position " + std::to_string(log.position().value()) +
                                        " rows and log differ: " + difference};
}

}  // namespace

// Applies the log until `generation` is near `target`, which moves on meanwhile; the log's side of the proof is taken
// from the same reading, where there is a `digest`.
Status ReadCache::build(Generation& generation, LogDigest* digest, const RebuildRequest& request,
                        const std::function<Position()>& target) {
  ReadAhead log(feed_, kBuildTransactions, kBuildBytes);
  std::vector<TransactionPtr> batch;
  while (true) {
    const Position at = generation.at().position;
    const Position goal = target();
    if (request.on_progress) request.on_progress({at.value(), std::max(goal, at).value()});
    if (is_cancelled(request)) return cancelled_error();
    if (at.value() + kNearTransactions >= goal.value()) return {};
    if (Status read = log.read(at, batch); !read.ok()) return read;
    if (batch.empty()) return Error{ErrorKind::kUnavailable, "read cache: the log gave nothing to build from"};
    if (digest != nullptr) {
      for (const TransactionPtr& transaction : batch) digest->add(*transaction);
    }
    if (Status applied = generation.apply(batch); !applied.ok()) return applied;
  }
}

Status ReadCache::catch_up(Generation& generation, Position target, LogDigest* digest, const RebuildRequest& request) {
  std::vector<TransactionPtr> batch;
  while (generation.at().position < target) {
    if (is_cancelled(request)) return cancelled_error();
    const std::uint64_t missing = target.value() - generation.at().position.value();
    const std::size_t count = std::min<std::uint64_t>(missing, kBuildTransactions);
    if (Status read = feed_.read(generation.at().position, count, kBuildBytes, batch); !read.ok()) return read;
    if (batch.empty()) return Error{ErrorKind::kHistoryMismatch, "read cache: the log ends before it should"};
    if (digest != nullptr) {
      for (const TransactionPtr& transaction : batch) digest->add(*transaction);
    }
    if (Status applied = generation.apply(batch); !applied.ok()) return applied;
  }
  return {};
}

Status ReadCache::rebuild(const RebuildRequest& request) {
  const std::unique_lock lock(change_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return Error{ErrorKind::kUnavailable, "read cache: another rebuild or rollback is under way"};
  }
  return request.tenant.empty() ? rebuild_whole(request) : rebuild_tenant(request);
}

Status ReadCache::rebuild_whole(const RebuildRequest& request) {
  const std::uint64_t number = files_->next();
  auto digest = std::make_unique<LogDigest>();
  auto built = Generation::open(files_->path(number), number, Purpose::kBulk, *store_options_);
  if (!built.ok()) return built.error();
  (*built)->discard_on_close();
  const auto durable = [this] { return feed_.durable().position; };
  if (Status status = build(**built, digest.get(), request, durable); !status.ok()) return status;
  if (Status status = (*built)->finish_bulk(request.cancelled); !status.ok()) return status;
  (*built)->keep_on_close();
  *built = nullptr;  // closed, to be opened again for serving

  auto opened = Generation::open(files_->path(number), number, Purpose::kServe, *store_options_);
  if (!opened.ok()) return opened.error();
  std::shared_ptr<Generation> next = std::move(*opened);
  next->discard_on_close();
  if (Status status = build(*next, digest.get(), request, durable); !status.ok()) return status;
  if (Status status = catch_up(*next, durable(), digest.get(), request); !status.ok()) return status;
  if (Status status = verify(*next, *digest, "", request); !status.ok()) return status;
  log_digest_ = std::move(digest);
  return switch_to(std::move(next), request);
}

Status ReadCache::rebuild_tenant(const RebuildRequest& request) {
  const std::shared_ptr<Serving> now = serving();
  if (now->generation->damaged()) {
    return Error{ErrorKind::kUnavailable, "read cache: damaged; it is being built anew as a whole"};
  }
  LogDigest digest;
  auto opened = Generation::open(files_->shadow_path(), 0, Purpose::kServe, *store_options_);
  if (!opened.ok()) return opened.error();
  Generation& shadow = **opened;
  shadow.discard_on_close();
  if (shadow.at().position.value() != 0) {
    return Error{ErrorKind::kUnavailable,
                 "read cache: rows of an earlier rebuild are in the way; restart to clear them"};
  }
  shadow.keep_only(request.tenant);
  const auto served = [&] { return now->generation->position(); };
  if (Status status = build(shadow, &digest, request, served); !status.ok()) return status;
  if (Status status = catch_up(shadow, served(), &digest, request); !status.ok()) return status;
  if (Status status = verify(shadow, digest, request.tenant, request); !status.ok()) return status;
  if (Status status = build(shadow, nullptr, request, served); !status.ok()) return status;
  const Status replaced = hold(*now, [&](LogPoint at) -> Status {
    if (Status status = catch_up(shadow, at.position, nullptr, request); !status.ok()) return status;
    return now->generation->replace_tenant(request.tenant, shadow, options_.tenant_replace_bytes_most);
  });
  if (!replaced.ok()) return replaced;
  if (request.on_progress) request.on_progress({served().value(), served().value()});
  now->generation->compact_tenant(request.tenant);
  return {};
}

// Runs `action` with the serving generation standing still, whether or not its follower runs.
Status ReadCache::hold(Serving& serving, const std::function<Status(LogPoint)>& action) {
  bool running = false;
  {
    const std::lock_guard lock(mutex_);
    running = started_ && !stopping_;
  }
  if (running) {
    bool ran = false;
    const std::function<Status(LogPoint)> noting = [&](LogPoint at) {
      ran = true;
      return action(at);
    };
    const Status held = serving.follower->while_held(noting);
    if (ran || serving.follower->status().state != FollowerState::kStopped) return held;
  }
  LogPoint at;
  if (auto checkpoint = serving.generation->checkpoint(); checkpoint.ok()) {
    at = *checkpoint;
  } else {
    at.position = serving.generation->position();  // damaged: only how far it got matters
  }
  return action(at);
}

// What came in during the proof is applied beside the serving generation, which is held for the last of it only.
Status ReadCache::switch_to(std::shared_ptr<Generation> next, const RebuildRequest& request) {
  std::shared_ptr<Serving> former = serving();
  const auto durable = [this] { return feed_.durable().position; };
  for (int attempt = 0; attempt < kSwitchAttempts && next != nullptr; ++attempt) {
    if (Status near = build(*next, nullptr, request, durable); !near.ok()) return near;
    const Status held = hold(*former, [&](LogPoint at) { return switch_held(next, *former, at.position, request); });
    if (!held.ok()) return held;
  }
  if (next != nullptr) return Error{ErrorKind::kUnavailable, "read cache: the log grows faster than rows are made"};
  close(std::move(former));
  spdlog::info("read cache: generation {} serves", files_->serving());
  return {};
}

// Puts `next`, which is null after it, in the place of the serving generation, which stands at `at`; leaves everything
// as it is where too much is missing to hold readers for.
Status ReadCache::switch_held(std::shared_ptr<Generation>& next, const Serving& former, Position at,
                              const RebuildRequest& request) {
  if (at.value() > next->at().position.value() + kHeldTransactionsMost) return {};
  if (Status caught_up = catch_up(*next, at, nullptr, request); !caught_up.ok()) return caught_up;
  if (Status placed = take_place(*next, former); !placed.ok()) return placed;
  publish(std::move(next));
  return {};
}

// Names `next` in the pointer file.
Status ReadCache::take_place(Generation& next, const Serving& former) {
  next.serve_from(former.generation->serve_from());
  const std::uint64_t dropped = files_->former();
  const std::uint64_t kept = former.generation->damaged() ? 0 : former.generation->number();
  if (Status set = files_->set(next.number(), kept); !set.ok()) return set;
  next.keep_on_close();
  if (dropped != 0 && dropped != next.number() && dropped != kept) {
    std::error_code ignored;  // what stays is removed at the next open
    std::filesystem::remove_all(files_->path(dropped), ignored);
  }
  const std::lock_guard lock(mutex_);
  note_.clear();
  return {};
}

Status ReadCache::rollback(const RebuildRequest& request) {
  const std::unique_lock lock(change_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return Error{ErrorKind::kUnavailable, "read cache: another rebuild or rollback is under way"};
  }
  if (files_->former() == 0) return Error{ErrorKind::kNotFound, "read cache: there is no former generation"};
  auto opened = open_usable(files_->former());
  if (!opened.ok()) return opened.error();
  std::shared_ptr<Generation> next = std::move(*opened);
  const auto durable = [this] { return feed_.durable().position; };
  if (Status status = build(*next, nullptr, request, durable); !status.ok()) return status;
  if (Status status = catch_up(*next, durable(), nullptr, request); !status.ok()) return status;
  if (log_digest_ == nullptr || log_digest_->position() > next->at().position) {
    log_digest_ = std::make_unique<LogDigest>();
  }
  const Position reached = next->at().position;
  if (Status status = advance_digest(feed_, reached, *log_digest_, request.cancelled, request.on_progress);
      !status.ok()) {
    return status;
  }
  if (Status status = verify(*next, *log_digest_, "", request); !status.ok()) return status;
  return switch_to(std::move(next), request);
}

}  // namespace till
