#include "projections/reporting/rebuild.h"

#include <spdlog/spdlog.h>

#include <thread>

#include "projections/reporting/schema.h"
#include "projections/reporting/sql_text.h"

namespace till::reporting {
namespace {

// Views that a long report reads cannot be switched; between attempts everybody goes on.
constexpr int kSwitchAttempts = 60;
constexpr std::chrono::milliseconds kSwitchPause{1000};
constexpr std::chrono::milliseconds kSwitchLook{100};  // whether it was cancelled

}  // namespace

Status Rebuilder::connect() {
  auto opened = SqlConnection::open(site_.options.server, SessionKind::kMaintenance, site_.options.maintenance_timeout);
  if (!opened.ok()) return opened.error();
  maintenance_ = std::move(opened.value());
  return site_.view.prepare(*maintenance_);
}

Status Rebuilder::rebuild_all() {
  if (Status connected = connect(); !connected.ok()) return connected;
  if (Status dropped = drop_orphans(*maintenance_); !dropped.ok()) return dropped;
  Result<Generations> present = read_generations(*maintenance_);
  if (!present.ok()) return present.error();
  Result<std::uint64_t> generation = next_generation(*maintenance_);
  if (!generation.ok()) return generation.error();
  Status filled = fill_generation(*generation, *present);
  if (!filled.ok()) {
    drop_unless_used(*generation);
    return filled;
  }
  if (present->former != 0) drop_unless_used(present->former);
  return {};
}

Status Rebuilder::fill_generation(std::uint64_t generation, const Generations& present) {
  const std::string prefix = generation_prefix(generation);
  if (Status made = create_tables(*maintenance_, prefix); !made.ok()) return made;
  WriterTarget target;
  target.prefix = prefix;
  target.session = SessionKind::kBulk;
  target.sessions = site_.options.rebuild_sessions;
  Filler filler(site_, request_, std::move(target));
  if (Status started = filler.start(); !started.ok()) return started;
  if (Status near = filler.approach([&] { return site_.feed.durable().position; }); !near.ok()) return near;
  if (Status verified = filler.verify(); !verified.ok()) return verified;
  return switch_to(filler, {generation, present.serving});
}

Status Rebuilder::switch_to(Filler& filler, const Generations& to) {
  if (Status made = prepare_switch(*maintenance_, to); !made.ok()) return made;
  for (int attempt = 0; attempt < kSwitchAttempts; ++attempt) {
    if (Status near = filler.approach([&] { return site_.feed.durable().position; }); !near.ok()) return near;
    bool in_use = false;
    Status switched = site_.while_still([&](Position target) { return try_switch(filler, to, target, in_use); });
    if (!switched.ok()) return switched;
    if (!in_use) {
      // What is left over is dropped at the next start.
      if (Status finished = finish_switch(*maintenance_); !finished.ok()) {
        spdlog::warn("reporting: former views stay for now: {}", finished.error().message);
      }
      return {};
    }
    for (auto paused = kSwitchLook; paused <= kSwitchPause; paused += kSwitchLook) {
      if (filler.cancelled()) return Error{ErrorKind::kCancelled, "cancelled"};
      std::this_thread::sleep_for(kSwitchLook);
    }
  }
  return Error{ErrorKind::kUnavailable, "the views stay in use by a long query; nothing was switched"};
}

Status Rebuilder::try_switch(Filler& filler, const Generations& to, Position target, bool& in_use) {
  if (target.value() > filler.at().position.value() + kHeldTransactionsMost) {
    in_use = true;  // too far behind to hold everything for: catch up first
    return {};
  }
  if (Status advanced = filler.advance_to(target, true); !advanced.ok()) return advanced;
  Status switched = perform_switch(*maintenance_);
  if (!switched.ok() && maintenance_->last_code() == kLockWaitTimeout) {
    in_use = true;
    return {};
  }
  if (!switched.ok()) {
    // The connection may have died after the switch was done.
    if (Status again = connect(); !again.ok()) return again;
    Result<Generations> now = read_generations(*maintenance_);
    if (!now.ok()) return now.error();
    if (now->serving != to.serving) return switched;
  }
  site_.view.serve(to.serving);
  return {};
}

void Rebuilder::drop_unless_used(std::uint64_t generation) {
  if (maintenance_->broken() && !connect().ok()) return;  // an orphan: the next start or rebuild drops it
  Result<Generations> present = read_generations(*maintenance_);
  if (!present.ok() || present->serving == generation || present->former == generation) return;
  if (Status dropped = drop_tables(*maintenance_, generation_prefix(generation)); !dropped.ok()) {
    spdlog::warn("reporting: tables of generation {} stay for now: {}", generation, dropped.error().message);
  }
}

Status Rebuilder::rollback() {
  if (Status connected = connect(); !connected.ok()) return connected;
  Result<Generations> present = read_generations(*maintenance_);
  if (!present.ok()) return present.error();
  if (present->former == 0) return Error{ErrorKind::kNotFound, "there is no former generation"};
  WriterTarget target;
  target.prefix = generation_prefix(present->former);
  Filler filler(site_, request_, std::move(target));
  if (Status started = filler.start(); !started.ok()) return started;
  if (Status near = filler.approach([&] { return site_.feed.durable().position; }); !near.ok()) return near;
  if (Status verified = filler.verify(); !verified.ok()) return verified;
  return switch_to(filler, {present->former, present->serving});
}

Status Rebuilder::rebuild_tenant() {
  if (Status connected = connect(); !connected.ok()) return connected;
  Result<Generations> present = read_generations(*maintenance_);
  if (!present.ok()) return present.error();
  if (Status made = create_tables(*maintenance_, kShadowPrefix); !made.ok()) return made;
  Status filled = fill_shadow(present->serving);
  if (maintenance_->broken() && !connect().ok()) return filled;
  Status dropped = drop_tables(*maintenance_, kShadowPrefix);
  return filled.ok() ? dropped : filled;
}

Status Rebuilder::fill_shadow(std::uint64_t serving) {
  Result<Offset> offset = read_offset(*maintenance_, generation_prefix(serving), OffsetLock::kNone);
  if (!offset.ok()) return offset.error();
  if (offset->layout != schema().layout) {
    return Error{ErrorKind::kInvalid, "the serving tables have another layout: rebuild the whole view"};
  }
  if (Status known = check_history(site_.feed, offset->point); !known.ok()) return known;
  if (Status few = check_tenant_rows(generation_prefix(serving)); !few.ok()) return few;
  WriterTarget target;
  target.prefix = kShadowPrefix;
  target.tenant = request_.tenant;
  target.session = SessionKind::kBulk;
  target.sessions = site_.options.rebuild_sessions;
  Filler filler(site_, request_, std::move(target));
  if (Status started = filler.start(); !started.ok()) return started;
  // Never beyond the serving rows: those after the shadow's position will be applied to them once more.
  const auto serving_position = [&] {
    Result<Offset> now = read_offset(*maintenance_, generation_prefix(serving), OffsetLock::kNone);
    return now.ok() ? now->point.position : filler.at().position;
  };
  if (Status near = filler.approach(serving_position); !near.ok()) return near;
  if (Status verified = filler.verify(); !verified.ok()) return verified;
  if (Status near = filler.approach(serving_position); !near.ok()) return near;
  if (Status few = check_tenant_rows(std::string(kShadowPrefix)); !few.ok()) return few;
  return site_.while_still([&](Position) { return replace_tenant(filler, serving); });
}

// Readers must see the former rows or the new ones and nothing between, so the replacement is one SQL transaction; its
// undo log and the time for which the follower is held grow with the rows. kInvalid where they are too many.
Status Rebuilder::check_tenant_rows(const std::string& prefix) {
  std::uint64_t rows = 0;
  for (const SchemaStatement& table : schema().tables) {
    if (table.name == kOffsetTable) continue;
    Status counted = maintenance_->query(
        "SELECT COUNT(*) FROM " + prefix + table.name + " WHERE tenant_id = " + quoted_value(request_.tenant),
        [&](const SqlRow& row) { rows += static_cast<std::uint64_t>(row.integer(0)); });
    if (!counted.ok()) return counted;
    if (rows > site_.options.tenant_replace_rows_most) {
      return Error{ErrorKind::kInvalid, "tenant " + request_.tenant + " has more than " +
                                            std::to_string(site_.options.tenant_replace_rows_most) +
                                            " rows, the bound of one replacement; rebuild the whole view"};
    }
  }
  return {};
}

Status Rebuilder::replace_tenant(Filler& filler, std::uint64_t serving) {
  const std::string prefix = generation_prefix(serving);
  SqlTransaction transaction(*maintenance_);
  if (Status begun = transaction.begin(); !begun.ok()) return begun;
  Result<Generations> present = read_generations(*maintenance_);
  if (!present.ok()) return present.error();
  Result<Offset> offset = read_offset(*maintenance_, prefix, OffsetLock::kForUpdate);
  if (!offset.ok()) return offset.error();
  if (Status advanced = filler.advance_to(offset->point.position, true); !advanced.ok()) return advanced;
  if (present->serving != serving || filler.at() != offset->point) {
    return Error{ErrorKind::kUnavailable, "the serving rows moved during the rebuild of a tenant"};
  }
  const std::string tenant = quoted_value(request_.tenant);
  for (const SchemaStatement& table : schema().tables) {
    if (table.name == kOffsetTable) continue;
    const std::string own = prefix + table.name;
    if (Status done = maintenance_->execute("DELETE FROM " + own + " WHERE tenant_id = " + tenant); !done.ok())
      return done;
    const std::string shadow = std::string(kShadowPrefix) + table.name;
    if (Status done = maintenance_->execute("INSERT INTO " + own + " SELECT * FROM " + shadow); !done.ok()) return done;
  }
  return transaction.commit();
}

}  // namespace till::reporting
