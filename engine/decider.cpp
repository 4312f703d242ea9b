#include "engine/decider.h"

#include "engine/books_reader.h"
#include "engine/control_record.h"
#include "engine/fold.h"
#include "engine/own_kinds.h"

namespace till {
namespace {

// Doors of the record format.
constexpr std::size_t kEventBytesMost = 128 * 1024;
constexpr std::size_t kRecordBytesMost = 512 * 1024;
constexpr std::size_t kEventsMost = 1000;
constexpr std::size_t kEntityBytesMost = 64 * 1024;
// Below this an event cannot take an entity over its door unseen: entities grow by less than their events.
constexpr std::size_t kEntityCheckFrom = 4 * 1024;

void set_hash(std::string* field, const std::string& hash) {
  static const std::string kZero(as_bytes(kZeroHash));
  *field = hash.empty() ? kZero : hash;
}

}  // namespace

Decider::Decider(const Domain& domain, Books& books, const CrashNote& crash_note, std::chrono::hours key_lifetime)
    : domain_(domain),
      books_(books),
      crash_note_(crash_note),
      key_lifetime_us_(std::chrono::duration_cast<std::chrono::microseconds>(key_lifetime).count()) {}

bool Decider::answer_from_register(const CommandRequest& command, const Books::Entry& key, Micros recorded_at,
                                   Outcome& outcome) const {
  if (!key.state) return false;
  const auto& seen = static_cast<const schema::CommandKey&>(*key.state);
  if (seen.recorded_at_us() + key_lifetime_us_ < recorded_at.value()) return false;
  const bool same = seen.fingerprint() == as_bytes(command.fingerprint);
  outcome.kind = same ? OutcomeKind::kReplayed : OutcomeKind::kKeyReused;
  outcome.position = Position(seen.position());
  return true;
}

bool Decider::within_doors(const Acceptance& acceptance) const {
  if (acceptance.events.size() > kEventsMost) return false;
  std::size_t total = 0;
  for (std::size_t i = 0; i < acceptance.events.size(); ++i) {
    const std::size_t bytes = acceptance.events[i].message->ByteSizeLong();
    total += bytes;
    if (bytes > kEventBytesMost || total > kRecordBytesMost) return false;
    if (bytes < kEntityCheckFrom) continue;
    const Books::Entry& entry = *entries_[i];
    if (bytes + (entry.state ? entry.state->ByteSizeLong() : 0) > kEntityBytesMost) return false;
  }
  return true;
}

// Finds the entry of every stream that the transaction changes; where one is not in memory it is named as missing.
bool Decider::collect_entries(const CommandRequest& command, const Acceptance& acceptance, Decided& decided) {
  entries_.clear();
  for (const Acceptance::NewEvent& event : acceptance.events) {
    std::string key = books_key(command.tenant, event.kind, event.stream_id);
    entries_.push_back(books_.find(key));
    if (entries_.back() == nullptr) decided.missing.push_back(std::move(key));
  }
  std::string tenant_chain = books_key(command.tenant, kTenantChain, "");
  if (books_.find(tenant_chain) == nullptr) decided.missing.push_back(std::move(tenant_chain));
  if (!acceptance.terminal.empty()) {
    std::string chain = books_key(command.tenant, kTerminalChain, acceptance.terminal);
    if (books_.find(chain) == nullptr) decided.missing.push_back(std::move(chain));
  }
  return decided.missing.empty();
}

void Decider::accept(const CommandRequest& command, Acceptance& acceptance, TransactionBuilder& builder,
                     const LogPoint& head, Micros recorded_at, Decided& decided) {
  schema::Record& record = builder.record();
  record.set_version(kRecordVersion);
  record.set_log_id(std::string(as_bytes(head.log_id)));
  record.set_epoch(head.epoch.value());
  record.set_position(head.position.next().value());
  record.set_tenant(command.tenant);
  const Books::Entry& tenant = *books_.find(books_key(command.tenant, kTenantChain, ""));
  const auto* const tenant_chain = static_cast<const schema::TenantChain*>(tenant.state.get());
  record.set_tenant_seq(tenant_chain == nullptr ? 1 : tenant_chain->seq() + 1);
  set_hash(record.mutable_prev_tenant_hash(), tenant_chain == nullptr ? std::string() : tenant_chain->hash());
  record.set_recorded_at_us(recorded_at.value());
  record.set_command_id(command.key);
  record.set_fingerprint(std::string(as_bytes(command.fingerprint)));
  record.set_command(std::string(domain_.command_name(*command.body)));
  if (!acceptance.terminal.empty()) {
    const Books::Entry& terminal = *books_.find(books_key(command.tenant, kTerminalChain, acceptance.terminal));
    const auto* const chain = static_cast<const schema::TerminalChain*>(terminal.state.get());
    record.set_terminal(acceptance.terminal);
    record.set_terminal_seq(acceptance.terminal_seq);
    set_hash(record.mutable_prev_fiscal_hash(), chain == nullptr ? std::string() : chain->hash());
  }
  record.set_origin(command.origin);
  record.set_occurred_at_us(acceptance.occurred_at_us);
  record.set_business_date(acceptance.business_date);
  record.set_actor(command.actor);
  record.set_traceparent(command.traceparent);
  if (acceptance.answer != nullptr) {
    TILL_ASSERT(acceptance.answer->SerializeToString(&decided.outcome.answer));
    record.set_answer(decided.outcome.answer);
  }
  for (std::size_t i = 0; i < acceptance.events.size(); ++i) {
    const Acceptance::NewEvent& event = acceptance.events[i];
    // Several events of one transaction on one stream take following versions; the fold counts them up after this.
    std::uint64_t version = entries_[i]->version.value() + 1;
    for (std::size_t earlier = 0; earlier < i; ++earlier) version += entries_[earlier] == entries_[i] ? 1 : 0;
    schema::RecordedEvent header;
    header.set_type(event.type);
    header.set_stream_kind(event.kind.value());
    header.set_stream_id(event.stream_id);
    header.set_stream_version(version);
    builder.add_event(header, *event.message);
  }
  decided.kind = Decided::Kind::kAppend;
  decided.record.position = head.position.next();
  decided.transaction = builder.finish(head.hash, decided.record.bytes);
  decided.outcome.kind = OutcomeKind::kAccepted;
  decided.outcome.position = decided.record.position;
  fold(*decided.transaction, domain_, books_);
}

Decided Decider::decide(const CommandRequest& command, const LogPoint& head, Micros recorded_at) {
  Decided decided;
  const std::string register_key = books_key(command.tenant, kCommandKey, command.key);
  const Books::Entry* const seen = books_.find(register_key);
  if (seen == nullptr) {
    decided.kind = Decided::Kind::kMissing;
    decided.missing.push_back(register_key);
    return decided;
  }
  if (answer_from_register(command, *seen, recorded_at, decided.outcome)) return decided;
  if (crash_note_.noted(register_key)) {
    decided.outcome.kind = OutcomeKind::kCrashed;
    return decided;
  }
  const CrashNote::InHand in_hand(register_key);
  TransactionBuilder builder;
  TenantBooks reader(books_, command.tenant);
  DecideContext context;
  context.tenant = command.tenant;
  context.position = head.position.next();
  context.recorded_at = recorded_at;
  context.fingerprint = command.fingerprint;
  context.bound_terminal = command.bound_terminal;
  context.arena = &builder.arena();
  Decision decision = domain_.decide(*command.body, context, reader);
  if (!reader.missing().empty()) {
    decided.kind = Decided::Kind::kMissing;
    decided.missing = std::move(reader.missing());
  } else if (auto* const rejection = std::get_if<Rejection>(&decision)) {
    decided.outcome.kind = OutcomeKind::kRejected;
    decided.outcome.rejection = std::move(*rejection);
  } else if (const auto* const done = std::get_if<AlreadyDone>(&decision)) {
    decided.outcome.kind = OutcomeKind::kReplayed;
    decided.outcome.position = done->position;
  } else {
    auto& acceptance = std::get<Acceptance>(decision);
    if (!collect_entries(command, acceptance, decided)) {
      decided.kind = Decided::Kind::kMissing;
    } else if (!within_doors(acceptance)) {
      decided.outcome.kind = OutcomeKind::kTooLarge;
    } else {
      accept(command, acceptance, builder, head, recorded_at, decided);
    }
  }
  return decided;
}

}  // namespace till
