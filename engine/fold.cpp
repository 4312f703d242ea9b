#include "engine/fold.h"

#include "engine/own_kinds.h"

namespace till {
namespace {

template <class State, class Apply>
void change(Books& books, const std::string& key, Position position, const Apply& apply) {
  Books::Entry* const entry = books.find(key);
  TILL_ASSERT(entry != nullptr);
  if (entry->position >= position) return;
  apply(static_cast<State&>(books.change(*entry, position)));
  entry->version = entry->version.next();
}

void fold_header(const Transaction& transaction, Books& books) {
  const schema::Record& record = transaction.record();
  const Position position = transaction.position();
  if (!record.command_id().empty()) {
    change<schema::CommandKey>(books, books_key(record.tenant(), kCommandKey, record.command_id()), position,
                               [&](schema::CommandKey& key) {
                                 key.set_position(record.position());
                                 key.set_fingerprint(record.fingerprint());
                                 key.set_recorded_at_us(record.recorded_at_us());
                               });
  }
  change<schema::TenantChain>(books, books_key(record.tenant(), kTenantChain, ""), position,
                              [&](schema::TenantChain& chain) {
                                chain.set_seq(record.tenant_seq());
                                chain.set_hash(std::string(as_bytes(transaction.record_hash())));
                              });
  if (record.terminal().empty()) return;
  change<schema::TerminalChain>(books, books_key(record.tenant(), kTerminalChain, record.terminal()), position,
                                [&](schema::TerminalChain& chain) {
                                  chain.set_seq(record.terminal_seq());
                                  chain.set_hash(std::string(as_bytes(transaction.record_hash())));
                                  chain.set_business_date(record.business_date());
                                });
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

void fold(const Transaction& transaction, const Domain& domain, Books& books) {
  const schema::Record& record = transaction.record();
  if (record.tenant().empty()) return;
  for (int i = 0; i < record.events_size(); ++i) {
    const schema::RecordedEvent& event = record.events(i);
    const EntityKind kind(static_cast<std::uint16_t>(event.stream_kind()));
    Books::Entry* const entry = books.find(books_key(record.tenant(), kind, event.stream_id()));
    TILL_ASSERT(entry != nullptr);
    if (entry->version.value() >= event.stream_version()) continue;
    domain.evolve(kind, books.change(*entry, transaction.position()), transaction.event(i), record);
    entry->version = StreamVersion(event.stream_version());
  }
  fold_header(transaction, books);
}

}  // namespace till
