// What a run of transactions changes in the rows, gathered so that each row is written once a run; and blindly but for
// the rows of entities: nothing else is read to apply an event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <rocksdb/write_batch.h>

#include "engine/result.h"
#include "engine/transaction.h"
#include "projections/read_cache/board.h"
#include "projections/read_cache/entity_rows.h"
#include "schemas/events.pb.h"

namespace till::read_cache {

// One thread.
class ChangeSet {
 public:
  using Boards = absl::flat_hash_map<std::string, Board>;  // by board key

  explicit ChangeSet(EntityRows entities) : entities_(std::move(entities)) {}

  // Folds one transaction in; kPoison, naming position and event, where it cannot be. After an error only clear()
  // helps.
  Status add(const Transaction& transaction);
  // Moves all changes into one batch and makes the tenants' boards from the stores' ones.
  rocksdb::WriteBatch& finish();
  // Changes of dashboards; whole after finish().
  const Boards& boards() const { return boards_; }
  std::size_t transactions() const { return transactions_; }
  std::size_t bytes() const;
  // Begins anew after the batch was written.
  void written();
  // Forgets everything, also what is remembered of rows written before.
  void clear();

 private:
  Status add_event(const schema::Record& record, const schema::RecordedEvent& header, const schema::Event& event);
  void add_sale(const schema::Record& record, const schema::RecordedEvent& header, const schema::SaleCompleted& sale);
  void add_void(const schema::Record& record, const schema::SaleVoided& voided);
  void add_correction(const schema::Record& record, const schema::TenderCorrected& fact);
  void add_return(const schema::Record& record, const schema::RecordedEvent& header,
                  const schema::ReturnCompleted& returned);
  void add_customer(const schema::Record& record, const schema::RecordedEvent& header, std::string_view id);
  void add_customer_change(const schema::Record& record, const schema::RecordedEvent& header,
                           const schema::Event& event);
  void add_erased_customer(const schema::Record& record, const schema::RecordedEvent& header);
  void add_stream_entry(const schema::Record& record, const schema::RecordedEvent& header);
  void add_timeline_entry(const schema::Record& record);
  Board& board(std::string_view tenant, const schema::SaleCompleted& sale);
  void make_tenant_boards();
  void write_boards();
  void write_items();

  // A stock item: its rows differ in the end of their keys only.
  struct Item {
    bool changed = false;  // the levels are set
    std::int64_t on_hand_e5 = 0;
    std::int64_t held_e5 = 0;
    std::vector<std::pair<std::uint64_t, std::string>> positions;  // by bucket, ascending
  };
  Status add_stock(const schema::Record& record, const schema::RecordedEvent& header, const schema::Event& event);

  EntityRows entities_;
  rocksdb::WriteBatch batch_;  // rows that are written once in their life go here at once
  absl::flat_hash_map<std::string, Item> items_;
  absl::flat_hash_map<std::string, std::string> appended_;  // buckets of the timeline and of other streams
  Boards boards_;
  std::string key_;    // reused
  std::string value_;  // reused
  std::size_t transactions_ = 0;
  std::size_t board_lines_ = 0;
};

}  // namespace till::read_cache
