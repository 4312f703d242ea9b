#include "commands/barcode.h"

#include <array>

#include "commands/gs1.h"

namespace till {
namespace {

constexpr EntityKind kBarcode = kind_of(schema::BARCODE);
constexpr EntityKind kProduct = kind_of(schema::PRODUCT);

void need_barcode(const std::string& barcode, std::vector<EntityRef>& out) {
  if (auto gtin = normalise_gtin(barcode)) out.push_back({kBarcode, *gtin});
}

void needs_assign(const schema::AssignBarcode& command, std::vector<EntityRef>& out) {
  need_barcode(command.barcode(), out);
  out.push_back({kProduct, command.sku()});
}

void needs_remove(const schema::RemoveBarcode& command, std::vector<EntityRef>& out) {
  need_barcode(command.barcode(), out);
}

Rejection not_gtin() {
  return reject(schema::GTIN_INVALID, "A barcode is a GTIN of 8, 12, 13 or 14 digits with its check digit", "/barcode");
}

// A discontinued product keeps no barcode from another.
bool is_free(const schema::BarcodeState* known, const std::string& sku, BooksReader& books) {
  if (known == nullptr || known->sku().empty() || known->sku() == sku) return true;
  const auto* holder = books.get<schema::ProductState>(kProduct, known->sku());
  return holder == nullptr || holder->discontinued();
}

void write(const std::string& gtin, const std::string& sku, const Deciding& deciding, schema::BarcodeChanged& fact,
           Acceptance& accepted) {
  fact.set_barcode(gtin);
  fact.set_sku(sku);
  auto& answer = set_answer(accepted, deciding);
  answer.set_barcode(gtin);
  answer.set_sku(sku);
}

Decision decide_assign(const schema::AssignBarcode& command, const Deciding& deciding) {
  const auto gtin = normalise_gtin(command.barcode());
  if (!gtin) return not_gtin();
  if (deciding.books.get<schema::ProductState>(kProduct, command.sku()) == nullptr) {
    return reject(schema::PRODUCT_NOT_FOUND, "No product " + command.sku(), "/sku");
  }
  const auto* known = deciding.books.get<schema::BarcodeState>(kBarcode, *gtin);
  if (!is_free(known, command.sku(), deciding.books)) {
    return reject(schema::BARCODE_IN_USE, "Barcode " + *gtin + " is that of product " + known->sku(), "/barcode");
  }
  Acceptance accepted;
  auto& event = add_event(accepted, deciding, schema::BARCODE, *gtin, schema::Event::kBarcodeAssigned);
  write(*gtin, command.sku(), deciding, *event.mutable_barcode_assigned(), accepted);
  return accepted;
}

Decision decide_remove(const schema::RemoveBarcode& command, const Deciding& deciding) {
  const auto gtin = normalise_gtin(command.barcode());
  if (!gtin) return not_gtin();
  const auto* known = deciding.books.get<schema::BarcodeState>(kBarcode, *gtin);
  if (known == nullptr || known->sku().empty()) {
    return reject(schema::BARCODE_NOT_FOUND, "No product has barcode " + *gtin, "/barcode");
  }
  Acceptance accepted;
  auto& event = add_event(accepted, deciding, schema::BARCODE, *gtin, schema::Event::kBarcodeRemoved);
  write(*gtin, known->sku(), deciding, *event.mutable_barcode_removed(), accepted);
  return accepted;
}

void evolve_assigned(schema::BarcodeState& state, const schema::BarcodeChanged& fact, const schema::Record&) {
  state.set_barcode(fact.barcode());
  state.set_sku(fact.sku());
}

void evolve_removed(schema::BarcodeState& state, const schema::BarcodeChanged&, const schema::Record&) {
  state.clear_sku();
}

using schema::BarcodeState;
using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::assign_barcode, needs_assign, decide_assign>(Command::kAssignBarcode),
    command_rule<&Command::remove_barcode, needs_remove, decide_remove>(Command::kRemoveBarcode),
};
constexpr std::array kEvents{
    event_rule<BarcodeState, &Event::barcode_assigned, evolve_assigned>(Event::kBarcodeAssigned, schema::BARCODE),
    event_rule<BarcodeState, &Event::barcode_removed, evolve_removed>(Event::kBarcodeRemoved, schema::BARCODE),
};
constexpr std::array kStates{state_rule<BarcodeState>(schema::BARCODE)};

}  // namespace

const Aggregate& barcode_aggregate() {
  static constexpr Aggregate kAggregate{"barcode", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
