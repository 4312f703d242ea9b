#include "commands/tender_correction.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/money.h"
#include "commands/sale.h"
#include "commands/shift.h"

namespace till {
namespace {

using schema::SaleCompleted;
using schema::SaleState;
using schema::Tender;
using schema::TenderCorrected;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr std::string_view kCorrection = "change_tender_type";
// What a till may have mistaken for one another: nothing that moved an account.
constexpr std::array kCorrectable{Tender::CASH,          Tender::CARD,   Tender::VOUCHER, Tender::WALLET,
                                  Tender::BANK_TRANSFER, Tender::CHEQUE, Tender::OTHER};

// The shift stands in the sale.
void needs_correction(const schema::ChangeTenderType& command, std::vector<EntityRef>& out) {
  need_document(kCorrection, command.correction_id(), out);
  out.push_back({kSale, command.sale_id()});
  need_session(command.session_id(), out);
}

Refusal check_types(const schema::ChangeTenderType& command) {
  if (command.from() == command.to() || std::ranges::find(kCorrectable, command.to()) == kCorrectable.end()) {
    return reject(schema::VALIDATION_FAILED, "Not a type that this tender can have been", "/to");
  }
  return std::nullopt;
}

Refusal check_tender_of(const schema::ChangeTenderType& command, const SaleCompleted& sale) {
  const int place =
      command.tender() < static_cast<std::uint32_t>(sale.tenders_size()) ? static_cast<int>(command.tender()) : -1;
  if (place < 0 || sale.tenders(place).type() != command.from()) {
    return reject(schema::TENDER_NOT_FOUND, "Sale " + command.sale_id() + " has no such tender there", "/tender");
  }
  const SaleCompleted::Payment& tender = sale.tenders(place);
  if (std::ranges::find(kCorrectable, tender.type()) == kCorrectable.end() || !tender.payment_id().empty() ||
      !tender.gift_card_id().empty()) {
    return reject(schema::TENDER_NOT_FOUND, "The tender is known to be what it is", "/tender");
  }
  if (tender.type() == Tender::CASH && (sale.change() != 0 || sale.cash_rounding() != 0)) {
    return reject(schema::CHANGE_NOT_FROM_CASH, "Change was given on this cash, or it was rounded", "/tender");
  }
  return std::nullopt;
}

void write_correction(const schema::ChangeTenderType& command, const SaleCompleted& sale,
                      const schema::ShiftState& shift, const Deciding& deciding, TenderCorrected& fact) {
  const std::int64_t amount = sale.tenders(static_cast<int>(command.tender())).amount();
  fact.set_sale_id(command.sale_id());
  fact.set_shift_id(sale.shift_id());
  fact.set_correction_id(command.correction_id());
  fact.set_tender(command.tender());
  fact.set_from(command.from());
  fact.set_to(command.to());
  fact.set_currency(sale.currency());
  fact.set_amount(amount);
  if (command.from() == Tender::CASH) fact.set_cash(-amount);
  if (command.to() == Tender::CASH) fact.set_cash(amount);
  fact.set_expected_cash_after(shift.expected_cash().amount() + fact.cash());
  fact.set_employee_id(std::string(employee_of(deciding, command.session_id())));
}

Refusal check_sale(const schema::ChangeTenderType& command, const SaleState* state) {
  if (state == nullptr) return reject(schema::SALE_NOT_FOUND, "No sale " + command.sale_id(), "/sale_id");
  if (state->voided()) {
    return reject(schema::SALE_ALREADY_VOIDED, "Sale " + command.sale_id() + " is voided", "/sale_id");
  }
  return check_types(command);
}

Refusal check_drawer(const TenderCorrected& fact) {
  if (fact.expected_cash_after() < 0) {
    return reject(schema::INSUFFICIENT_CASH, "More than the drawer should hold", "/to");
  }
  if (fact.expected_cash_after() <= kShiftAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID, "The sums of a shift are at most 10^18 minor units", "/to");
}

Decision decide_correction(const schema::ChangeTenderType& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kCorrection, command.correction_id(), "/correction_id")) {
    return *std::move(booked);
  }
  const auto* state = deciding.books.get<SaleState>(kSale, command.sale_id());
  if (auto refusal = check_sale(command, state)) return *std::move(refusal);
  const SaleCompleted& original = sale_of(*state, deciding);
  const SaleCompleted sale = with_corrections(*state, original);
  if (auto refusal = check_tender_of(command, sale)) return *std::move(refusal);
  const schema::ShiftState* shift = nullptr;
  if (auto refusal = find_open_shift(deciding, sale.shift_id(), shift)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::TENDER_CORRECT, deciding.context.recorded_at,
                               accepted, sale.store_id())) {
    return *std::move(refusal);
  }
  auto& fact = *add_event(accepted, deciding, schema::SALE, command.sale_id(), schema::Event::kSaleTenderCorrected)
                    .mutable_sale_tender_corrected();
  write_correction(command, sale, *shift, deciding, fact);
  if (auto refusal = check_drawer(fact)) return *std::move(refusal);
  *add_event(accepted, deciding, schema::SHIFT, sale.shift_id(), schema::Event::kTenderTypeCorrected)
       .mutable_tender_type_corrected() = fact;
  *fact.mutable_original() = original;
  write_corrections(*state, *fact.mutable_retyped());
  book_document(accepted, deciding, kCorrection, command.correction_id());
  accepted.business_date = shift->business_date();
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(command.sale_id());
  answer.set_correction_id(command.correction_id());
  return accepted;
}

void evolve_sale_corrected(SaleState& state, const TenderCorrected& fact, const schema::Record&) {
  auto& all = *state.mutable_corrections();
  const auto found = std::ranges::find(all, fact.tender(), &SaleState::Correction::tender);
  SaleState::Correction& correction = found == all.end() ? *all.Add() : *found;
  correction.set_tender(fact.tender());
  correction.set_type(fact.to());
  correction.set_told(fact.has_original());
}

void add_row(const SaleState::Correction& correction, RetypedTenders& out) {
  schema::RetypedTender& row = *out.Add();
  row.set_tender(correction.tender());
  row.set_type(correction.type());
}

void retype(const RetypedTenders& retyped, SaleCompleted& sale) {
  for (const schema::RetypedTender& row : retyped) {
    if (row.tender() >= static_cast<std::uint32_t>(sale.tenders_size())) continue;
    sale.mutable_tenders(static_cast<int>(row.tender()))->set_type(row.type());
  }
}

// Adds to the sum of a type; as many tenders more or fewer.
void add_to_type(schema::ShiftTotals& totals, Tender::Type type, std::int64_t amount, bool more,
                 const std::string& currency) {
  auto& tenders = *totals.mutable_tenders();
  const auto found = std::ranges::find(tenders, type, &schema::ShiftTotals::Payment::type);
  schema::ShiftTotals::Payment& sum = found == tenders.end() ? *tenders.Add() : *found;
  sum.set_type(type);
  // Sums of old bookings counted one tender a type and sale, however many there were.
  sum.set_count(more ? sum.count() + 1 : sum.count() - std::min<std::uint64_t>(sum.count(), 1));
  set_money(*sum.mutable_amount(), sum.amount().amount() + amount, currency);
}

void evolve_shift_corrected(schema::ShiftState& state, const TenderCorrected& fact, const schema::Record&) {
  add_to_type(*state.mutable_totals(), fact.from(), -fact.amount(), false, fact.currency());
  add_to_type(*state.mutable_totals(), fact.to(), fact.amount(), true, fact.currency());
  state.mutable_expected_cash()->set_amount(fact.expected_cash_after());
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::change_tender_type, needs_correction, decide_correction>(Command::kChangeTenderType),
};
constexpr std::array kEvents{
    event_rule<SaleState, &Event::sale_tender_corrected, evolve_sale_corrected>(Event::kSaleTenderCorrected,
                                                                                schema::SALE),
    event_rule<schema::ShiftState, &Event::tender_type_corrected, evolve_shift_corrected>(Event::kTenderTypeCorrected,
                                                                                          schema::SHIFT),
};

}  // namespace

const Aggregate& tender_correction_aggregate() {
  static constexpr Aggregate kAggregate{"tender_correction", kCommands, kEvents, {}};
  return kAggregate;
}

std::optional<Tender::Type> tender_type(const SaleCompleted& sale, const RetypedTenders& retyped,
                                        std::uint32_t tender) {
  const auto found = std::ranges::find(retyped, tender, &schema::RetypedTender::tender);
  if (found != retyped.end()) return found->type();
  if (tender >= static_cast<std::uint32_t>(sale.tenders_size())) return std::nullopt;
  return sale.tenders(static_cast<int>(tender)).type();
}

const SaleCompleted& retyped_sale(const SaleCompleted& sale, const RetypedTenders& retyped, SaleCompleted& room) {
  if (retyped.empty()) return sale;
  room = sale;
  retype(retyped, room);
  return room;
}

SaleCompleted with_corrections(const SaleState& state, const SaleCompleted& sale) {
  RetypedTenders all;
  for (const SaleState::Correction& correction : state.corrections()) add_row(correction, all);
  SaleCompleted corrected = sale;
  retype(all, corrected);
  return corrected;
}

void write_corrections(const SaleState& state, RetypedTenders& retyped) {
  for (const SaleState::Correction& correction : state.corrections()) {
    if (correction.told()) add_row(correction, retyped);
  }
}

}  // namespace till
