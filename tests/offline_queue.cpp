#include "tests/offline_queue.h"

#include <functional>

#include <catch2/catch.hpp>

#include "commands/offline.h"

namespace till::testing {

void OfflineQueue::add(const schema::RingUpSale& inside) {
  schema::OfflineCommand command;
  *command.mutable_ring_up_sale() = inside;
  add(command);
}

void OfflineQueue::add(const schema::OfflineCommand& inside) {
  const std::string prev_hash =
      entries_.empty() ? std::string(kNoOfflineHash) : entries_.back().record_offline().hash();
  const std::string number = std::to_string(entries_.size() + 1);
  schema::RecordOffline& entry = *entries_.emplace_back().mutable_record_offline();
  entry.set_terminal_id("T1");
  entry.set_client_seq(entries_.size());
  entry.set_prev_hash(prev_hash);
  entry.set_idempotency_key("key-" + number);
  *entry.mutable_command() = inside;
  entry.set_payload(inside.ShortDebugString());
  entry.set_hash("hash-" + number + "-" + std::to_string(std::hash<std::string>()(entry.payload())));
}

void must_accept(MemoryTill& till, const schema::Command& command) {
  const auto sent = till.send(command);
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) FAIL(rejection->code << " " << rejection->detail);
}

void open_offline_store(MemoryTill& till, schema::StorePolicy::Stock stock) {
  schema::Command command;
  command.mutable_upsert_store()->set_store_id("S1");
  must_accept(till, command);
  auto& policy = *command.mutable_set_store_policy();
  policy.set_store_id("S1");
  policy.set_stock(stock);
  policy.set_time_zone("UTC");
  must_accept(till, command);
  command.mutable_register_terminal()->set_store_id("S1");
  command.mutable_register_terminal()->set_terminal_id("T1");
  must_accept(till, command);
  auto& product = *command.mutable_upsert_product();
  product.set_sku("MILK");
  product.set_name("Milk");
  product.set_category("Dairy");
  product.set_tax_code("FOOD");
  product.mutable_unit_price()->set_amount(100);
  product.mutable_unit_price()->set_currency("EUR");
  must_accept(till, command);
}

schema::RingUpSale offline_sale(std::uint64_t number, std::int64_t units, const std::string& shift_id) {
  schema::RingUpSale sale;
  sale.set_sale_id("V" + std::to_string(number));
  sale.set_store_id("S1");
  sale.set_terminal_id("T1");
  sale.set_terminal_seq(number);
  sale.set_occurred_at_us(kTestStartUs);
  sale.set_shift_id(shift_id);
  auto& line = *sale.add_lines();
  line.set_line_id("1");
  line.set_sku("MILK");
  line.set_quantity_e5(units * 100'000);
  line.mutable_unit_price()->set_amount(100);
  line.mutable_unit_price()->set_currency("EUR");
  auto& cash = *sale.add_tenders();
  cash.set_type(schema::Tender::CASH);
  cash.mutable_amount()->set_amount(units * 100);
  cash.mutable_amount()->set_currency("EUR");
  *sale.mutable_expected_total() = cash.amount();
  return sale;
}

std::string send_entry(MemoryTill& till, const schema::Command& entry) {
  const auto sent = till.send(entry);
  if (const auto* rejection = std::get_if<Rejection>(&sent.decision)) return "refused " + std::string(rejection->code);
  if (std::holds_alternative<AlreadyDone>(sent.decision)) return "known";
  if (sent.answer.has_refused()) return schema::ErrorCode_Name(sent.answer.refused());
  return sent.answer.duplicate() ? "duplicate" : "accepted";
}

std::vector<std::string> send_entries(MemoryTill& till, const std::vector<schema::Command>& entries) {
  std::vector<std::string> fates;
  for (const schema::Command& entry : entries) fates.push_back(send_entry(till, entry));
  return fates;
}

const schema::OfflineChainState& offline_chain(MemoryTill& till) {
  const auto* state = till.books().get<schema::OfflineChainState>(kind_of(schema::OFFLINE_CHAIN), "T1");
  REQUIRE(state != nullptr);
  return *state;
}

const schema::OfflineEntryState& offline_entry(MemoryTill& till, const schema::Command& entry) {
  const auto& record = entry.record_offline();
  const auto* state = till.books().get<schema::OfflineEntryState>(
      kind_of(schema::OFFLINE_ENTRY), offline_entry_id(record.terminal_id(), record.client_seq(), record.hash()));
  REQUIRE(state != nullptr);
  return *state;
}

}  // namespace till::testing
