#include "commands/product_status.h"

#include <algorithm>
#include <array>
#include <utility>

namespace till {
namespace {

using schema::Event;
using schema::ProductState;
using schema::ProductStatusChanged;

constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

template <class Body>
void needs_product(const Body& command, std::vector<EntityRef>& out) {
  out.push_back({kProduct, command.sku()});
}

const ProductState* find(const Deciding& deciding, const std::string& sku) {
  return deciding.books.get<ProductState>(kProduct, sku);
}

Rejection no_product(const std::string& sku) {
  return reject(schema::PRODUCT_NOT_FOUND, "No product " + sku, "/sku");
}

auto find_batch(const ProductState& product, std::string_view batch) {
  return std::ranges::find(product.recalled_batches(), batch);
}

bool is_recalled(const ProductState& product, std::string_view batch) {
  return batch.empty() ? product.recalled() : find_batch(product, batch) != product.recalled_batches().end();
}

// The event's fields; `fact` stands in it.
void write(const ProductState& product, const std::string& sku, const std::string& reason, ProductStatusChanged& fact) {
  fact.set_sku(sku);
  fact.set_reason(reason);
  fact.set_version(product.version() + 1);
}

Event& add(Acceptance& accepted, const Deciding& deciding, const std::string& sku, Event::EventCase type) {
  set_answer(accepted, deciding).set_sku(sku);
  return add_event(accepted, deciding, schema::PRODUCT, sku, type);
}

Decision decide_discontinue(const schema::DiscontinueProduct& command, const Deciding& deciding) {
  const ProductState* product = find(deciding, command.sku());
  if (product == nullptr) return no_product(command.sku());
  if (product->discontinued()) {
    return reject(schema::PRODUCT_NOT_SELLABLE, "Product " + command.sku() + " is discontinued already", "/sku");
  }
  Acceptance accepted;
  Event& event = add(accepted, deciding, command.sku(), Event::kProductDiscontinued);
  write(*product, command.sku(), command.reason(), *event.mutable_product_discontinued());
  return accepted;
}

Decision decide_reinstate(const schema::ReinstateProduct& command, const Deciding& deciding) {
  const ProductState* product = find(deciding, command.sku());
  if (product == nullptr) return no_product(command.sku());
  if (!product->discontinued()) {
    return reject(schema::PRODUCT_NOT_DISCONTINUED, "Product " + command.sku() + " is not discontinued", "/sku");
  }
  Acceptance accepted;
  Event& event = add(accepted, deciding, command.sku(), Event::kProductReinstated);
  write(*product, command.sku(), command.reason(), *event.mutable_product_reinstated());
  return accepted;
}

Decision decide_recall(const schema::RecallProduct& command, const Deciding& deciding) {
  const ProductState* product = find(deciding, command.sku());
  if (product == nullptr) return no_product(command.sku());
  if (is_recalled(*product, command.batch())) {
    return reject(schema::PRODUCT_RECALLED, "Product " + command.sku() + " is recalled already",
                  command.batch().empty() ? "/sku" : "/batch");
  }
  if (!command.batch().empty() && product->recalled_batches_size() >= kRecalledBatchesMost) {
    return reject(schema::CATALOG_LIMIT_REACHED,
                  "Product " + command.sku() + " has " + std::to_string(kRecalledBatchesMost) +
                      " recalled batches; recall the product",
                  "/batch");
  }
  Acceptance accepted;
  auto& fact = *add(accepted, deciding, command.sku(), Event::kProductRecalled).mutable_product_recalled();
  write(*product, command.sku(), command.reason(), fact);
  fact.set_batch(command.batch());
  return accepted;
}

Decision decide_lift(const schema::LiftRecall& command, const Deciding& deciding) {
  const ProductState* product = find(deciding, command.sku());
  if (product == nullptr) return no_product(command.sku());
  if (!is_recalled(*product, command.batch())) {
    return reject(schema::PRODUCT_NOT_RECALLED, "Product " + command.sku() + " has no such recall",
                  command.batch().empty() ? "/sku" : "/batch");
  }
  Acceptance accepted;
  auto& fact = *add(accepted, deciding, command.sku(), Event::kRecallLifted).mutable_recall_lifted();
  write(*product, command.sku(), command.reason(), fact);
  fact.set_batch(command.batch());
  return accepted;
}

void evolve_discontinued(ProductState& state, const ProductStatusChanged&, const schema::Record&) {
  state.set_discontinued(true);
  state.set_version(state.version() + 1);
}

void evolve_reinstated(ProductState& state, const ProductStatusChanged&, const schema::Record&) {
  state.set_discontinued(false);
  state.set_version(state.version() + 1);
}

void evolve_recalled(ProductState& state, const ProductStatusChanged& fact, const schema::Record&) {
  if (fact.batch().empty())
    state.set_recalled(true);
  else
    state.add_recalled_batches(fact.batch());
  state.set_version(state.version() + 1);
}

void evolve_lifted(ProductState& state, const ProductStatusChanged& fact, const schema::Record&) {
  if (fact.batch().empty()) {
    state.set_recalled(false);
  } else {
    const auto found = find_batch(state, fact.batch());
    if (found != state.recalled_batches().end()) state.mutable_recalled_batches()->erase(found);
  }
  state.set_version(state.version() + 1);
}

using schema::Command;
constexpr schema::Kind kStream = schema::PRODUCT;

constexpr std::array kCommands{
    command_rule<&Command::discontinue_product, needs_product<schema::DiscontinueProduct>, decide_discontinue>(
        Command::kDiscontinueProduct),
    command_rule<&Command::reinstate_product, needs_product<schema::ReinstateProduct>, decide_reinstate>(
        Command::kReinstateProduct),
    command_rule<&Command::recall_product, needs_product<schema::RecallProduct>, decide_recall>(
        Command::kRecallProduct),
    command_rule<&Command::lift_recall, needs_product<schema::LiftRecall>, decide_lift>(Command::kLiftRecall),
};
constexpr std::array kEvents{
    event_rule<ProductState, &Event::product_discontinued, evolve_discontinued>(Event::kProductDiscontinued, kStream),
    event_rule<ProductState, &Event::product_reinstated, evolve_reinstated>(Event::kProductReinstated, kStream),
    event_rule<ProductState, &Event::product_recalled, evolve_recalled>(Event::kProductRecalled, kStream),
    event_rule<ProductState, &Event::recall_lifted, evolve_lifted>(Event::kRecallLifted, kStream),
};

}  // namespace

const Aggregate& product_status_aggregate() {
  static constexpr Aggregate kAggregate{"product_status", kCommands, kEvents, {}};
  return kAggregate;
}

Refusal check_sellable(const schema::ProductState& product, std::string_view batch, std::string pointer) {
  const std::string& sku = product.product().sku();
  if (product.discontinued()) {
    return reject(schema::PRODUCT_NOT_SELLABLE, "Product " + sku + " is discontinued", std::move(pointer));
  }
  const bool batch_missing = batch.empty() && product.product().batch_required();
  const bool of_batch = batch_missing ? product.recalled_batches_size() > 0 : is_recalled(product, batch);
  if (!product.recalled() && !of_batch) return std::nullopt;
  return reject(schema::PRODUCT_RECALLED, "Product " + sku + " is recalled", std::move(pointer));
}

}  // namespace till
