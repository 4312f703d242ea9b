// The smallest domain that the engine's own tests need: counters that refuse to go below zero.
#pragma once

#include "engine/domain.h"
#include "engine/engine.h"
#include "schemas/commands.pb.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {

// AdjustStock moves stock <store>/<sku>; a missing store id means "let the domain crash the process".
class StockDomain : public Domain {
 public:
  explicit StockDomain(std::uint32_t fold_version = 1) : fold_version_(fold_version) {}
  google::protobuf::Message* new_event(google::protobuf::Arena* arena) const override {
    return google::protobuf::Arena::CreateMessage<schema::Event>(arena);
  }
  std::string_view event_name(std::uint32_t type) const override {
    return type == schema::Event::kStockAdjusted ? "StockAdjusted" : std::string_view();
  }
  std::string_view kind_name(EntityKind kind) const override {
    return kind.value() == schema::STOCK ? "stock" : std::string_view();
  }
  std::string_view command_name(const google::protobuf::Message&) const override { return "AdjustStock"; }
  std::unique_ptr<google::protobuf::Message> new_state(EntityKind kind) const override {
    if (kind.value() != schema::STOCK) return nullptr;
    return std::make_unique<schema::StockState>();
  }
  void needs(const google::protobuf::Message& command, std::vector<EntityRef>& out) const override {
    out.push_back({EntityKind(schema::STOCK), stream_of(adjust(command))});
  }
  Decision decide(const google::protobuf::Message& command, const DecideContext& context,
                  BooksReader& books) const override {
    const schema::AdjustStock& wish = adjust(command);
    TILL_ASSERT(!wish.store_id().empty());
    const auto* const item = books.get<schema::StockState>(EntityKind(schema::STOCK), stream_of(wish));
    const std::int64_t after = (item == nullptr ? 0 : item->on_hand_e5()) + wish.delta_e5();
    if (after < 0) return Rejection{"INSUFFICIENT_STOCK", "not enough", "/delta", 0};
    auto* const event = google::protobuf::Arena::CreateMessage<schema::Event>(context.arena);
    event->mutable_stock_adjusted()->set_delta_e5(wish.delta_e5());
    event->mutable_stock_adjusted()->set_on_hand_after_e5(after);
    auto* const answer = google::protobuf::Arena::CreateMessage<schema::Answer>(context.arena);
    answer->set_adjustment_id(wish.adjustment_id());
    Acceptance acceptance;
    acceptance.events.push_back({EntityKind(schema::STOCK), stream_of(wish), schema::Event::kStockAdjusted, event});
    acceptance.answer = answer;
    return acceptance;
  }
  void evolve(EntityKind, google::protobuf::Message& state, const google::protobuf::Message& event,
              const schema::Record&) const override {
    const auto& fact = static_cast<const schema::Event&>(event);
    static_cast<schema::StockState&>(state).set_on_hand_e5(fact.stock_adjusted().on_hand_after_e5());
  }
  std::uint32_t fold_version() const override { return fold_version_; }

 private:
  static const schema::AdjustStock& adjust(const google::protobuf::Message& command) {
    return static_cast<const schema::Command&>(command).adjust_stock();
  }
  static std::string stream_of(const schema::AdjustStock& wish) { return wish.store_id() + "/" + wish.sku(); }
  const std::uint32_t fold_version_;
};

inline CommandRequest adjust_stock(std::string tenant, std::string key, std::string sku, std::int64_t delta_e5) {
  auto command = std::make_unique<schema::Command>();
  command->mutable_adjust_stock()->set_store_id("s1");
  command->mutable_adjust_stock()->set_sku(std::move(sku));
  command->mutable_adjust_stock()->set_delta_e5(delta_e5);
  CommandRequest request;
  request.tenant = std::move(tenant);
  request.key = std::move(key);
  request.fingerprint[0] = static_cast<std::uint8_t>(delta_e5);
  request.fingerprint[1] = static_cast<std::uint8_t>(command->adjust_stock().sku().back());
  request.body = std::move(command);
  return request;
}

}  // namespace till
