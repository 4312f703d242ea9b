#include "commands/sale_receipt.h"

#include <array>
#include <utility>

#include "commands/customer.h"
#include "commands/document.h"
#include "commands/sale.h"

namespace till {
namespace {

using schema::ReceiptCopiesState;
using schema::SaleState;

constexpr EntityKind kSale = kind_of(schema::SALE);
constexpr EntityKind kReceiptCopies = kind_of(schema::RECEIPT_COPIES);
constexpr std::string_view kCopy = "copy_receipt";

void needs_copy(const schema::CopyReceipt& command, std::vector<EntityRef>& out) {
  if (!command.copy_id().empty()) need_document(kCopy, command.copy_id(), out);
  out.push_back({kSale, command.sale_id()});
  out.push_back({kReceiptCopies, command.sale_id()});
}

void needs_mail(const schema::EmailReceipt& command, std::vector<EntityRef>& out) {
  out.push_back({kSale, command.sale_id()});
  out.push_back({kReceiptCopies, command.sale_id()});
  need_customer(command.customer_id(), out);
}

Refusal find_sale(const Deciding& deciding, const std::string& sale_id, const SaleState*& sale) {
  sale = deciding.books.get<SaleState>(kSale, sale_id);
  if (sale != nullptr) return std::nullopt;
  return reject(schema::SALE_NOT_FOUND, "No sale " + sale_id, "/sale_id");
}

// A customer comes back to any till, so a key that is bound to one may copy the receipts of all.
Decision decide_copy(const schema::CopyReceipt& command, const Deciding& deciding) {
  if (!command.copy_id().empty()) {
    if (auto known = decide_booked(deciding, kCopy, command.copy_id(), "/copy_id")) return *std::move(known);
  }
  const SaleState* sale = nullptr;
  if (auto refusal = find_sale(deciding, command.sale_id(), sale)) return *std::move(refusal);
  const auto* before = deciding.books.get<ReceiptCopiesState>(kReceiptCopies, command.sale_id());
  const std::uint32_t copy_no = (before == nullptr ? 0 : before->copies()) + 1;
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::RECEIPT_COPIES, command.sale_id(), schema::Event::kReceiptCopied)
                    .mutable_receipt_copied();
  fact.set_sale_id(command.sale_id());
  fact.set_copy_no(copy_no);
  fact.set_copy_id(command.copy_id());
  if (!command.copy_id().empty()) book_document(accepted, deciding, kCopy, command.copy_id());
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(command.sale_id());
  answer.set_copies(copy_no);
  return accepted;
}

Refusal check_receiver(const schema::EmailReceipt& command, const SaleState& sale, const Deciding& deciding) {
  const std::string& buyer = sale_of(sale, deciding).customer_id();
  if (buyer.empty()) {
    return reject(schema::RECEIPT_WITHOUT_CUSTOMER, "Sale " + command.sale_id() + " has no customer", "/sale_id");
  }
  if (buyer != command.customer_id()) {
    return reject(schema::RECEIPT_OF_ANOTHER_CUSTOMER, "Sale " + command.sale_id() + " is another customer's",
                  "/customer_id");
  }
  return check_customer(deciding, command.customer_id());
}

Decision decide_mail(const schema::EmailReceipt& command, const Deciding& deciding) {
  const SaleState* sale = nullptr;
  if (auto refusal = find_sale(deciding, command.sale_id(), sale)) return *std::move(refusal);
  if (auto refusal = check_receiver(command, *sale, deciding)) return *std::move(refusal);
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::RECEIPT_COPIES, command.sale_id(), schema::Event::kReceiptRequested)
           .mutable_receipt_requested();
  fact.set_sale_id(command.sale_id());
  fact.set_customer_id(command.customer_id());
  fact.set_sealed(command.sealed());
  auto& answer = set_answer(accepted, deciding);
  answer.set_sale_id(command.sale_id());
  answer.set_customer_id(command.customer_id());
  return accepted;
}

void evolve_copied(ReceiptCopiesState& state, const schema::ReceiptCopied& fact, const schema::Record&) {
  state.set_sale_id(fact.sale_id());
  state.set_copies(fact.copy_no());
}

void evolve_requested(ReceiptCopiesState& state, const schema::ReceiptRequested& fact, const schema::Record&) {
  state.set_sale_id(fact.sale_id());
  state.set_mails(state.mails() + 1);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::copy_receipt, needs_copy, decide_copy>(Command::kCopyReceipt),
    command_rule<&Command::email_receipt, needs_mail, decide_mail>(Command::kEmailReceipt),
};
constexpr std::array kEvents{
    event_rule<ReceiptCopiesState, &Event::receipt_copied, evolve_copied>(Event::kReceiptCopied,
                                                                          schema::RECEIPT_COPIES),
    event_rule<ReceiptCopiesState, &Event::receipt_requested, evolve_requested>(Event::kReceiptRequested,
                                                                                schema::RECEIPT_COPIES),
};
constexpr std::array kStates{state_rule<ReceiptCopiesState>(schema::RECEIPT_COPIES)};

}  // namespace

const Aggregate& sale_receipt_aggregate() {
  static constexpr Aggregate kAggregate{"sale_receipt", kCommands, kEvents, kStates};
  return kAggregate;
}

}  // namespace till
