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

void fold(const Transaction& transaction, const Domain& domain, Books& books, const ChangedEntries& entries) {
  const schema::Record& record = transaction.record();
  for (int i = 0; i < record.events_size(); ++i) {
    const schema::RecordedEvent& event = record.events(i);
    Books::Entry& entry = *entries.streams[static_cast<std::size_t>(i)];
    if (entry.version.value() >= event.stream_version()) continue;
    TILL_ASSERT(event.stream_version() == entry.version.next().value());
    domain.evolve(entry.kind, books.change(entry, transaction.position()), transaction.event(i), record);
    entry.version = entry.version.next();
  }
  fold_header(transaction, books, entries);
}

void fold(const Transaction& transaction, const Domain& domain, Books& books) {
  const schema::Record& record = transaction.record();
  if (record.tenant().empty()) return;
  std::vector<std::string> keys;
  changed_keys(record, keys);
  std::vector<Books::Entry*> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) found.push_back(known(books, key));
  ChangedEntries entries;
  auto next = static_cast<std::size_t>(record.events_size());
  entries.streams = std::span(found).first(next);
  if (!record.command_id().empty()) entries.command_key = found[next++];
  entries.tenant_chain = found[next++];
  if (!record.terminal().empty()) entries.terminal_chain = found[next];
  fold(transaction, domain, books, entries);
}

}  // namespace till
