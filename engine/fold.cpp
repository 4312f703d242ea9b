#include "engine/fold.h"

#include "engine/own_kinds.h"

namespace till {
namespace {

template <class State, class Apply>
void change(Books& books, Books::Entry& entry, Position position, const Apply& apply) {
  if (entry.position >= position) return;
  apply(static_cast<State&>(books.change(entry, position)));
  entry.version = entry.version.next();
}

void set_hash(std::string& field, const Hash& hash) {
  field.assign(as_bytes(hash));
}

void fold_header(const Transaction& transaction, Books& books, const ChangedEntries& entries) {
  const schema::Record& record = transaction.record();
  const Position position = transaction.position();
  if (entries.command_key != nullptr) {
    change<schema::CommandKey>(books, *entries.command_key, position, [&](schema::CommandKey& key) {
      key.set_position(record.position());
      key.set_fingerprint(record.fingerprint());
      key.set_recorded_at_us(record.recorded_at_us());
    });
  }
  change<schema::TenantChain>(books, *entries.tenant_chain, position, [&](schema::TenantChain& chain) {
    chain.set_seq(record.tenant_seq());
    set_hash(*chain.mutable_hash(), transaction.record_hash());
  });
  if (entries.terminal_chain == nullptr) return;
  change<schema::TerminalChain>(books, *entries.terminal_chain, position, [&](schema::TerminalChain& chain) {
    chain.set_seq(record.terminal_seq());
    set_hash(*chain.mutable_hash(), transaction.record_hash());
    chain.set_business_date(record.business_date());
  });
}

Books::Entry* known(Books& books, const std::string& key) {
  Books::Entry* const entry = books.find(key);
  TILL_ASSERT(entry != nullptr);
  return entry;
}

Error corrupt(const schema::Record& record, int event, std::string_view what) {
  return {ErrorKind::kCorrupt, "event " + std::to_string(event) + " at position " + std::to_string(record.position()) +
                                   " " + std::string(what)};
}

bool is_engines_own(EntityKind kind) {
  return kind == kCommandKey || kind == kTenantChain || kind == kTerminalChain;
}

// A record whose bytes and chain are good still need not be one that a sequencer made.
Status check_streams(const schema::Record& record, const Domain& domain, std::span<Books::Entry* const> streams) {
  for (int i = 0; i < record.events_size(); ++i) {
    const Books::Entry& entry = *streams[static_cast<std::size_t>(i)];
    const bool known = record.events(i).stream_kind() == entry.kind.value() && !is_engines_own(entry.kind) &&
                       (entry.state != nullptr || domain.new_state(entry.kind) != nullptr);
    if (!known) return corrupt(record, i, "stands on a stream of no known kind");
  }
  return {};
}

}  // namespace

void changed_keys(const schema::Record& record, std::vector<std::string>& keys) {
  if (record.tenant().empty()) return;
  for (const schema::RecordedEvent& event : record.events()) {
    const EntityKind kind(static_cast<std::uint16_t>(event.stream_kind()));
    keys.push_back(books_key(record.tenant(), kind, event.stream_id()));
  }
  if (!record.command_id().empty()) keys.push_back(books_key(record.tenant(), kCommandKey, record.command_id()));
  keys.push_back(books_key(record.tenant(), kTenantChain, ""));
  if (!record.terminal().empty()) keys.push_back(books_key(record.tenant(), kTerminalChain, record.terminal()));
}

Status fold(const Transaction& transaction, const Domain& domain, Books& books, const ChangedEntries& entries) {
  const schema::Record& record = transaction.record();
  for (int i = 0; i < record.events_size(); ++i) {
    const schema::RecordedEvent& event = record.events(i);
    Books::Entry& entry = *entries.streams[static_cast<std::size_t>(i)];
    if (entry.version.value() >= event.stream_version()) continue;
    if (event.stream_version() != entry.version.next().value()) return corrupt(record, i, "leaves a gap in its stream");
    domain.evolve(entry.kind, books.change(entry, transaction.position()), transaction.event(i), record);
    entry.version = entry.version.next();
  }
  fold_header(transaction, books, entries);
  return {};
}

Status fold(const Transaction& transaction, const Domain& domain, Books& books) {
  const schema::Record& record = transaction.record();
  if (record.tenant().empty()) return {};
  // It ends the tenant in a key, so such keys would name other entities.
  if (record.tenant().find('\0') != std::string::npos) return corrupt(record, 0, "belongs to no tenant");
  std::vector<std::string> keys;
  changed_keys(record, keys);
  std::vector<Books::Entry*> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) found.push_back(known(books, key));
  ChangedEntries entries;
  auto next = static_cast<std::size_t>(record.events_size());
  entries.streams = std::span(found).first(next);
  if (Status checked = check_streams(record, domain, entries.streams); !checked.ok()) return checked;
  if (!record.command_id().empty()) entries.command_key = found[next++];
  entries.tenant_chain = found[next++];
  if (!record.terminal().empty()) entries.terminal_chain = found[next];
  return fold(transaction, domain, books, entries);
}

}  // namespace till
