#include "projections/read_cache/change_set.h"

#include <algorithm>
#include <optional>

#include "commands/tender_correction.h"
#include "projections/read_cache/keys.h"
#include "projections/read_cache/list_rows.h"
#include "projections/read_cache/stock_level.h"
#include "schemas/cache.pb.h"
#include "schemas/state.pb.h"

namespace till::read_cache {
namespace {

static_assert(int{schema::CachedSale::kSaleFieldNumber} == int{schema::Event::kSaleCompletedFieldNumber});
static_assert(int{schema::CachedCustomer::kCustomerFieldNumber} == int{schema::Event::kCustomerRegisteredFieldNumber});

// About what a map's entry costs besides its bytes.
constexpr std::size_t kChangedEntryBytes = 96;

// Tag and value of a varint field of a Protobuf message.
void append_field(std::string& out, int number, std::uint64_t value) {
  append_varint(out, static_cast<std::uint64_t>(number) << 3);
  append_varint(out, value);
}

void append_field(std::string& out, int number, std::string_view value) {
  append_varint(out, static_cast<std::uint64_t>(number) << 3 | 2);
  append_varint(out, value.size());
  out.append(value);
}

}  // namespace

Status ChangeSet::add(const Transaction& transaction) {
  const schema::Record& record = transaction.record();
  ++transactions_;
  if (record.tenant().empty() && record.events_size() == 0) return {};  // a fact about the log itself
  if (record.tenant().empty() || record.tenant_seq() == 0) {
    return Error{ErrorKind::kPoison, "position " + std::to_string(record.position()) +
                                         ": events without a tenant or a place in its sequence"};
  }
  add_timeline_entry(record);
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    if (Status added = add_event(record, record.events(i), event); !added.ok()) {
      return Error{added.error().kind, "position " + std::to_string(record.position()) + ", event " +
                                           std::to_string(i) + ": " + added.error().message};
    }
  }
  return {};
}

Status ChangeSet::add_event(const schema::Record& record, const schema::RecordedEvent& header,
                            const schema::Event& event) {
  if (header.stream_version() == 0) return Error{ErrorKind::kPoison, "stream version 0"};
  if (entities_.keeps(EntityKind(static_cast<std::uint16_t>(header.stream_kind())))) {
    if (Status folded = entities_.add(record, header, event); !folded.ok()) return folded;
  }
  add_list_rows(record, event, batch_);
  if (header.stream_kind() == static_cast<std::uint32_t>(schema::STOCK)) return add_stock(record, header, event);
  switch (int{event.event_case()}) {
    // A sale's row knows the positions of all its events.
    case schema::Event::kSaleCompleted:
      add_sale(record, header, event.sale_completed());
      return {};
    case schema::Event::kSaleVoided:
      add_void(record, event.sale_voided());
      return {};
    case schema::Event::kSaleTenderCorrected:
      add_correction(record, event.sale_tender_corrected());
      return {};
    case schema::Event::kReturnCompleted:
      add_return(record, header, event.return_completed());
      break;
    case schema::Event::kCustomerRegistered:
      add_customer(record, header, event.customer_registered().customer_id());
      break;
    case schema::Event::kCustomerUpdated:
    case schema::Event::kCustomerBlocked:
    case schema::Event::kCustomerUnblocked:
    case schema::Event::kConsentSet:
    case schema::Event::kCustomerMerged:
    case schema::Event::kCustomerUnmerged:
    case schema::Event::kCustomerAliasAdded:
    case schema::Event::kCustomerAliasRemoved:
    case schema::Event::kLegalHoldPlaced:
    case schema::Event::kLegalHoldLifted:
    case schema::Event::kCustomerExported:
      add_customer_change(record, header, event);
      break;
    case schema::Event::kCustomerErased:
      add_erased_customer(record, header);
      break;
    case schema::Event::EVENT_NOT_SET:
      return Error{ErrorKind::kPoison, "an event of type " + std::to_string(header.type()) + " that is not known here"};
  }
  add_stream_entry(record, header);
  return {};
}

void ChangeSet::add_sale(const schema::Record& record, const schema::RecordedEvent& header,
                         const schema::SaleCompleted& sale) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kSale).rest(sale.sale_id());
  value_.assign(header.payload());
  append_field(value_, schema::CachedSale::kEpochFieldNumber, record.epoch());
  append_field(value_, schema::CachedSale::kPositionFieldNumber, record.position());
  batch_.Put(key_, value_);
  board(record.tenant(), sale).add_sale(sale, 1);
  board_lines_ += static_cast<std::size_t>(sale.lines_size());
}

void ChangeSet::add_void(const schema::Record& record, const schema::SaleVoided& voided) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kSale).rest(voided.sale_id());
  value_.clear();
  append_field(value_, schema::CachedSale::kVoidEpochFieldNumber, record.epoch());
  append_field(value_, schema::CachedSale::kVoidPositionFieldNumber, record.position());
  append_field(value_, schema::CachedSale::kVoidReasonFieldNumber, voided.reason());
  batch_.Merge(key_, value_);
  schema::SaleCompleted room;
  board(record.tenant(), voided.original()).add_sale(retyped_sale(voided.original(), voided.retyped(), room), -1);
  board_lines_ += static_cast<std::size_t>(voided.original().lines_size());
}

void ChangeSet::add_correction(const schema::Record& record, const schema::TenderCorrected& fact) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kSale).rest(fact.sale_id());
  schema::CachedSale::Correction correction;
  correction.set_position(record.position());
  correction.mutable_tender()->set_tender(fact.tender());
  correction.mutable_tender()->set_type(fact.to());
  value_.clear();
  append_field(value_, schema::CachedSale::kCorrectionsFieldNumber, correction.SerializeAsString());
  batch_.Merge(key_, value_);
  if (fact.has_original()) board(record.tenant(), fact.original()).correct_tender(fact);
}

// The row is what the dashboards are proven by.
void ChangeSet::add_return(const schema::Record& record, const schema::RecordedEvent& header,
                           const schema::ReturnCompleted& returned) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kReturn).rest(returned.return_id());
  batch_.Put(key_, header.payload());
  board(record.tenant(), returned.receipt()).add_return(returned.receipt());
  board_lines_ += static_cast<std::size_t>(returned.receipt().lines_size());
}

void ChangeSet::add_customer(const schema::Record& record, const schema::RecordedEvent& header, std::string_view id) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kCustomer).rest(id);
  value_.assign(header.payload());
  append_field(value_, schema::CachedCustomer::kEpochFieldNumber, record.epoch());
  append_field(value_, schema::CachedCustomer::kPositionFieldNumber, record.position());
  append_field(value_, schema::CachedCustomer::kVersionFieldNumber, header.stream_version());
  batch_.Put(key_, value_);
}

// The fields that the event changes, written also where their value is none: they go behind those of before.
void ChangeSet::add_customer_change(const schema::Record& record, const schema::RecordedEvent& header,
                                    const schema::Event& event) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kCustomer).rest(header.stream_id());
  value_.clear();
  append_field(value_, schema::CachedCustomer::kVersionFieldNumber, header.stream_version());
  if (event.has_customer_updated()) {
    std::string customer;
    append_field(customer, schema::CustomerRegistered::kSealedFieldNumber, event.customer_updated().sealed());
    append_field(customer, schema::CustomerRegistered::kCustomerGroupFieldNumber,
                 event.customer_updated().customer_group());
    const std::uint64_t by_mail = event.customer_updated().receipts_by_mail() ? 1 : 0;
    append_field(customer, schema::CustomerRegistered::kReceiptsByMailFieldNumber, by_mail);
    append_field(value_, schema::CachedCustomer::kCustomerFieldNumber, customer);
  } else if (event.has_customer_blocked() || event.has_customer_unblocked()) {
    const std::uint64_t blocked = event.has_customer_blocked() ? 1 : 0;
    append_field(value_, schema::CachedCustomer::kBlockedFieldNumber, blocked);
  } else if (event.has_customer_merged() || event.has_customer_unmerged()) {
    std::string_view into;
    if (event.has_customer_merged()) into = event.customer_merged().into_customer_id();
    append_field(value_, schema::CachedCustomer::kMergedIntoFieldNumber, into);
  } else if (event.has_consent_set()) {
    append_field(value_, schema::CachedCustomer::kConsentsFieldNumber,
                 event.consent_set().consent().SerializeAsString());
  }
  batch_.Merge(key_, value_);
}

// Nothing sealed stays in the row, though nobody could open it any more.
void ChangeSet::add_erased_customer(const schema::Record& record, const schema::RecordedEvent& header) {
  key_.clear();
  KeyWriter(key_).table(record.tenant(), Table::kCustomer).rest(header.stream_id());
  schema::CachedCustomer row;
  row.set_epoch(record.epoch());
  row.set_position(record.position());
  row.set_version(header.stream_version());
  row.set_erased(true);
  row.mutable_customer()->set_customer_id(header.stream_id());
  batch_.Put(key_, row.SerializeAsString());
}

// Nothing of the event's own fields but the level is needed: the stream says which item it is, as <store>/<sku>.
Status ChangeSet::add_stock(const schema::Record& record, const schema::RecordedEvent& header,
                            const schema::Event& event) {
  const std::string_view id = header.stream_id();
  const std::size_t slash = id.find('/');
  if (slash == std::string_view::npos) {
    return Error{ErrorKind::kPoison, "not a stream of a stock item: " + header.stream_id()};
  }
  key_.clear();
  append_item_key(key_, record.tenant(), id.substr(0, slash), id.substr(slash + 1));
  Item& item = items_[key_];
  const std::uint64_t bucket = bucket_of(header.stream_version());
  if (item.positions.empty() || item.positions.back().first != bucket) item.positions.emplace_back(bucket, "");
  append_varint(item.positions.back().second, record.position());
  if (const std::optional<StockLevel> level = level_after(event)) {
    item.changed = true;
    item.on_hand_e5 = level->on_hand_e5;
    item.held_e5 = level->held_e5;
  }
  return {};
}

void ChangeSet::add_stream_entry(const schema::Record& record, const schema::RecordedEvent& header) {
  key_.clear();
  append_stream_key(key_, record.tenant(), static_cast<std::uint16_t>(header.stream_kind()), header.stream_id(),
                    bucket_of(header.stream_version()));
  append_varint(appended_[key_], record.position());
}

void ChangeSet::add_timeline_entry(const schema::Record& record) {
  key_.clear();
  append_timeline_key(key_, record.tenant(), bucket_of(record.tenant_seq()));
  std::string& entries = appended_[key_];
  append_varint(entries, record.position());
  append_varint(entries, static_cast<std::uint64_t>(record.recorded_at_us()));
}

Board& ChangeSet::board(std::string_view tenant, const schema::SaleCompleted& sale) {
  key_.clear();
  append_board_key(key_, tenant, sale.store_id(), sale.business_date());
  return boards_[key_];
}

// The tenant's boards are sums over its stores'; made once a run, not once a sale.
void ChangeSet::make_tenant_boards() {
  Boards tenants;
  for (const auto& [key, board] : boards_) {
    const KeyParts parts = split_key(key);
    const std::size_t store_end = parts.rest.find('\0');
    key_.clear();
    KeyWriter(key_).table(parts.tenant, Table::kBoard).name("").rest(parts.rest.substr(store_end + 1));
    tenants[key_].add(board);
  }
  boards_.merge(tenants);
}

void ChangeSet::write_boards() {
  for (const auto& [key, board] : boards_) {
    for (const Board::Currency& currency : board.currencies()) {
      key_.assign(key).append(currency.code);
      value_.clear();
      append_row(value_, currency.counters);
      batch_.Merge(key_, value_);
    }
  }
}

// In the order of keys, so that the store finds the place of each row near that of the one before.
void ChangeSet::write_items() {
  std::vector<const std::pair<const std::string, Item>*> sorted;
  sorted.reserve(items_.size());
  for (const auto& item : items_) sorted.push_back(&item);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* const entry : sorted) {
    const Item& item = entry->second;
    if (item.changed) {
      key_.assign(entry->first).push_back(kItemAvailability);
      value_.clear();
      append_i64(value_, item.on_hand_e5);
      append_i64(value_, item.held_e5);
      batch_.Put(key_, value_);
    }
    for (const auto& [bucket, positions] : item.positions) {
      key_.assign(entry->first);
      KeyWriter(key_).byte(kItemStream).u64(bucket);
      batch_.Merge(key_, positions);
    }
  }
}

rocksdb::WriteBatch& ChangeSet::finish() {
  make_tenant_boards();
  write_boards();
  write_items();
  for (const auto& [key, entries] : appended_) batch_.Merge(key, entries);
  entities_.write(batch_);
  return batch_;
}

std::size_t ChangeSet::bytes() const {
  return batch_.GetDataSize() + kChangedEntryBytes * (items_.size() + appended_.size() + board_lines_) +
         entities_.bytes();
}

void ChangeSet::clear() {
  entities_.clear();
  written();
}

void ChangeSet::written() {
  batch_.Clear();
  items_.clear();
  appended_.clear();
  boards_.clear();
  transactions_ = 0;
  board_lines_ = 0;
}

}  // namespace till::read_cache
