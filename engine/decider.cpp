#include "engine/decider.h"

#include <algorithm>

#include "engine/books_reader.h"
#include "engine/control_record.h"
#include "engine/own_kinds.h"

namespace till {
namespace {

// Doors of the record format.
constexpr std::size_t kEventBytesMost = 128 * 1024;
constexpr std::size_t kRecordBytesMost = 512 * 1024;
constexpr std::size_t kEventsMost = 1000;
constexpr std::size_t kEntityBytesMost = 64 * 1024;

void set_bytes(std::string& field, std::string_view bytes) {
  field.assign(bytes);
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

// Finds the entry of every entity that the transaction changes; where one is not in memory it is named as missing.
bool Decider::find_entries(const CommandRequest& command, const Acceptance& acceptance, Decided& decided) {
  const auto find = [&](EntityKind kind, std::string_view id) {
    set_books_key(key_, command.tenant, kind, id);
    Books::Entry* const entry = books_.find(key_);
    if (entry == nullptr) decided.missing.push_back(key_);
    return entry;
  };
  streams_.clear();
  for (const Acceptance::NewEvent& event : acceptance.events) streams_.push_back(find(event.kind, event.stream_id));
  entries_.streams = streams_;
  entries_.tenant_chain = find(kTenantChain, "");
  entries_.terminal_chain = acceptance.terminal.empty() ? nullptr : find(kTerminalChain, acceptance.terminal);
  return decided.missing.empty();
}

void Decider::write_record(const CommandRequest& command, const Acceptance& acceptance, const LogPoint& head,
                           Micros recorded_at, TransactionBuilder& builder) const {
  schema::Record& record = builder.record();
  record.set_version(kRecordVersion);
  set_bytes(*record.mutable_log_id(), as_bytes(head.log_id));
  record.set_epoch(head.epoch.value());
  record.set_position(head.position.next().value());
  record.set_tenant(command.tenant);
  const auto* const tenant_chain = static_cast<const schema::TenantChain*>(entries_.tenant_chain->state.get());
  record.set_tenant_seq(tenant_chain == nullptr ? 1 : tenant_chain->seq() + 1);
  set_bytes(*record.mutable_prev_tenant_hash(), tenant_chain == nullptr ? as_bytes(kZeroHash) : tenant_chain->hash());
  record.set_recorded_at_us(recorded_at.value());
  record.set_command_id(command.key);
  set_bytes(*record.mutable_fingerprint(), as_bytes(command.fingerprint));
  set_bytes(*record.mutable_command(), domain_.command_name(*command.body));
  if (!acceptance.terminal.empty()) {
    const auto* const chain = static_cast<const schema::TerminalChain*>(entries_.terminal_chain->state.get());
    record.set_terminal(acceptance.terminal);
    record.set_terminal_seq(acceptance.terminal_seq);
    set_bytes(*record.mutable_prev_fiscal_hash(), chain == nullptr ? as_bytes(kZeroHash) : chain->hash());
  }
  record.set_origin(command.origin);
  record.set_occurred_at_us(acceptance.occurred_at_us);
  record.set_business_date(acceptance.business_date);
  record.set_actor(command.actor);
  record.set_traceparent(command.traceparent);
}

void Decider::add_events(const Acceptance& acceptance, TransactionBuilder& builder) const {
  for (std::size_t i = 0; i < acceptance.events.size(); ++i) {
    const Acceptance::NewEvent& event = acceptance.events[i];
    // Several events of one transaction on one stream take following versions; the fold counts them up after this.
    std::uint64_t version = streams_[i]->version.value() + 1;
    for (std::size_t earlier = 0; earlier < i; ++earlier) version += streams_[earlier] == streams_[i] ? 1 : 0;
    schema::RecordedEvent& header = builder.add_event(*event.message);
    header.set_type(event.type);
    header.set_stream_kind(event.kind.value());
    header.set_stream_id(event.stream_id);
    header.set_stream_version(version);
  }
}

// An entity grows by less than its events: where these could take it over its door they are folded into a copy.
bool Decider::within_doors(const Acceptance& acceptance, const TransactionBuilder& builder) const {
  if (builder.event_bytes_most() > kEventBytesMost || builder.event_bytes() > kRecordBytesMost) return false;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const Books::Entry& entry = *streams_[i];
    const bool seen = std::find(streams_.begin(), streams_.begin() + static_cast<std::ptrdiff_t>(i), &entry) !=
                      streams_.begin() + static_cast<std::ptrdiff_t>(i);
    if (seen || entry.image_bytes + builder.event_bytes() <= kEntityBytesMost) continue;
    const std::unique_ptr<google::protobuf::Message> copy = domain_.new_state(entry.kind);
    if (entry.state) copy->CopyFrom(*entry.state);
    for (std::size_t at = i; at < streams_.size(); ++at) {
      if (streams_[at] != &entry) continue;
      domain_.evolve(entry.kind, *copy, *acceptance.events[at].message, builder.record());
    }
    if (copy->ByteSizeLong() > kEntityBytesMost) return false;
  }
  return true;
}

void Decider::accept(const CommandRequest& command, const Acceptance& acceptance, TransactionBuilder& builder,
                     const LogPoint& head, Micros recorded_at, Decided& decided) {
  write_record(command, acceptance, head, recorded_at, builder);
  add_events(acceptance, builder);
  if (!within_doors(acceptance, builder)) {
    decided.outcome.kind = OutcomeKind::kTooLarge;
    return;
  }
  if (acceptance.answer != nullptr) {
    TILL_ASSERT(acceptance.answer->SerializeToString(&decided.outcome.answer));
    builder.record().set_answer(decided.outcome.answer);
  }
  decided.kind = Decided::Kind::kAppend;
  decided.record.position = head.position.next();
  decided.transaction = builder.finish(head.hash, decided.record.bytes);
  decided.outcome.kind = OutcomeKind::kAccepted;
  decided.outcome.position = decided.record.position;
  TILL_ASSERT(fold(*decided.transaction, domain_, books_, entries_).ok());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    streams_[i]->image_bytes += decided.transaction->record().events(static_cast<int>(i)).payload().size();
  }
}

Decided Decider::decide(const CommandRequest& command, const LogPoint& head, Micros recorded_at) {
  Decided decided;
  const std::string register_key = books_key(command.tenant, kCommandKey, command.key);
  Books::Entry* const seen = books_.find(register_key);
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
  entries_.command_key = seen;
  const CrashNote::InHand in_hand(register_key);
  TransactionBuilder builder;
  TenantBooks reader(books_, command.tenant);
  DecideContext context;
  context.tenant = command.tenant;
  context.position = head.position.next();
  context.recorded_at = recorded_at;
  context.fingerprint = command.fingerprint;
  context.bound_terminal = command.bound_terminal;
  context.actor_scope = command.actor_scope;
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
    const auto& acceptance = std::get<Acceptance>(decision);
    if (acceptance.events.size() > kEventsMost) {
      decided.outcome.kind = OutcomeKind::kTooLarge;
    } else if (!find_entries(command, acceptance, decided)) {
      decided.kind = Decided::Kind::kMissing;
    } else {
      accept(command, acceptance, builder, head, recorded_at, decided);
    }
  }
  return decided;
}

}  // namespace till
