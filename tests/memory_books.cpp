#include "tests/memory_books.h"

#include <algorithm>
#include <set>

namespace till::testing {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

// Equal bytes, equal fingerprint: FNV-1a over the deterministic form, once per half. A command that a till did while it
// was away has that of the command as it would be sent by itself.
Fingerprint fingerprint_of(const schema::Command& command) {
  const bool inside = command.record_offline().has_command();
  const std::string bytes =
      inside ? command.record_offline().command().SerializeAsString() : command.SerializeAsString();
  Fingerprint result{};
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t hash = 14'695'981'039'346'656'037u + half;
    for (const char c : bytes) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1'099'511'628'211u;
    for (std::size_t i = 0; i < 8; ++i) result[half * 8 + i] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return result;
}

}  // namespace

const google::protobuf::Message* MemoryBooks::find(EntityKind kind, std::string_view id) {
  EntityKey key{kind.value(), std::string(id)};
  looks_.push_back(key);
  const auto found = entities_.find(key);
  return found == entities_.end() ? nullptr : found->second.get();
}

void MemoryBooks::apply(const schema::Record& record) {
  for (const schema::RecordedEvent& recorded : record.events()) {
    const EntityKind kind(static_cast<std::uint16_t>(recorded.stream_kind()));
    auto& state = entities_[{kind.value(), recorded.stream_id()}];
    if (state == nullptr) state = domain_.new_state(kind);
    schema::Event event;
    event.ParseFromString(recorded.payload());
    domain_.evolve(kind, *state, event, record);
  }
  if (record.terminal().empty()) return;
  auto& state = entities_[{static_cast<std::uint16_t>(schema::TERMINAL_CHAIN), record.terminal()}];
  if (state == nullptr) state = std::make_unique<schema::TerminalChain>();
  auto& chain = static_cast<schema::TerminalChain&>(*state);
  chain.set_seq(record.terminal_seq());
  chain.set_business_date(record.business_date());
}

std::map<EntityKey, std::string> MemoryBooks::images() const {
  std::map<EntityKey, std::string> images;
  for (const auto& [key, state] : entities_) images[key] = state->SerializeAsString();
  return images;
}

ZoneTables test_zones() {
  // 2026-03-29 01:00 and 2026-10-25 01:00 UTC; 2026-03-08 07:00 and 2026-11-01 06:00 UTC.
  const auto at = [](std::int64_t seconds) { return seconds * kSecondUs; };
  return {{"UTC", {}},
          {"Europe/Berlin", {{{at(0), 3'600}, {at(1'774'746'000), 7'200}, {at(1'792'890'000), 3'600}}}},
          {"America/New_York", {{{at(0), -18'000}, {at(1'772'953'200), -14'400}, {at(1'793'512'800), -18'000}}}}};
}

MemoryTill::MemoryTill() : domain_(test_zones()), books_(domain_) {}

MemoryTill::Sent MemoryTill::send(const schema::Command& command, std::string_view bound_terminal,
                                  std::uint32_t actor_scope) {
  google::protobuf::Arena arena;
  DecideContext context;
  context.tenant = "demo";
  context.position = Position(log_.size() + 1);
  context.recorded_at = Micros(now_us_);
  context.fingerprint = fingerprint_of(command);
  context.bound_terminal = bound_terminal;
  context.actor_scope = actor_scope;
  context.arena = &arena;
  std::vector<EntityRef> needs;
  domain_.needs(command, needs);
  books_.take_looks();
  Sent sent{domain_.decide(command, context, books_), {}, {}};

  std::set<EntityKey> named;
  for (const EntityRef& ref : needs) named.insert({ref.kind.value(), ref.id});
  unforeseen_.clear();
  for (const EntityKey& look : books_.take_looks()) {
    if (!named.contains(look)) unforeseen_.push_back(look);
  }
  const auto* accepted = std::get_if<Acceptance>(&sent.decision);
  if (accepted == nullptr) return sent;
  for (const auto& event : accepted->events) sent.events.push_back(static_cast<const schema::Event&>(*event.message));
  if (accepted->answer != nullptr) sent.answer = static_cast<const schema::Answer&>(*accepted->answer);
  record(command, *accepted, context.fingerprint);
  // What the acceptance points at dies with the arena.
  for (auto& event : std::get<Acceptance>(sent.decision).events) event.message = nullptr;
  std::get<Acceptance>(sent.decision).answer = nullptr;
  return sent;
}

void MemoryTill::record(const schema::Command& command, const Acceptance& accepted, const Fingerprint& fingerprint) {
  schema::Record record;
  record.set_position(log_.size() + 1);
  record.set_tenant("demo");
  record.set_recorded_at_us(now_us_);
  record.set_fingerprint(std::string(as_bytes(fingerprint)));
  record.set_command(std::string(domain_.command_name(command)));
  record.set_terminal(accepted.terminal);
  record.set_terminal_seq(accepted.terminal_seq);
  record.set_occurred_at_us(accepted.occurred_at_us);
  record.set_business_date(accepted.business_date);
  for (const auto& event : accepted.events) {
    schema::RecordedEvent& recorded = *record.add_events();
    recorded.set_type(event.type);
    recorded.set_stream_kind(event.kind.value());
    recorded.set_stream_id(event.stream_id);
    recorded.set_payload(event.message->SerializeAsString());
  }
  books_.apply(record);
  log_.push_back(std::move(record));
}

}  // namespace till::testing
