#include "commands/exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/draft_books.h"
#include "commands/return_completion.h"
#include "commands/sale.h"
#include "commands/sale_return.h"
#include "commands/store.h"

namespace till {
namespace {

using schema::ExchangeGoods;
using schema::ReturnState;
using schema::RingUpSale;

constexpr EntityKind kReturn = kind_of(schema::RETURN);
constexpr EntityKind kSale = kind_of(schema::SALE);

void needs_exchange(const ExchangeGoods& command, std::vector<EntityRef>& out) {
  need_return(command.return_id(), out);
  need_returns(command.source_sale_id(), out);
  out.push_back({kSale, command.source_sale_id()});
  need_refunds(command.refunds(), command.source_sale_id(), out);
  need_sale(command.sale(), out);
}

// What the returned goods pay of the sale: all of it, or all that they are worth.
Refusal check_exchanged(const ExchangeGoods& command, std::int64_t& exchanged) {
  const RingUpSale& sale = command.sale();
  exchanged = 0;
  for (const schema::Tender& tender : sale.tenders()) {
    if (tender.type() == schema::Tender::EXCHANGE) exchanged += tender.amount().amount();
  }
  const std::int64_t due = std::min(command.returned_total().amount(), sale.expected_total().amount());
  if (exchanged == due && command.returned_total().currency() == sale.expected_total().currency()) {
    return std::nullopt;
  }
  return reject(schema::PAYMENT_AMOUNT_MISMATCH,
                "The returned goods pay " + std::to_string(due) + " of the sale, by a tender of type EXCHANGE",
                "/sale/tenders");
}

// The return, after the sale has been decided into `accepted`.
Refusal take_back(const ExchangeGoods& command, const Deciding& deciding, std::int64_t exchanged,
                  Acceptance& accepted) {
  const RingUpSale& sale = command.sale();
  DraftBooks books(deciding, accepted);
  const Deciding drafted = on_books(deciding, books);
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(books, sale.store_id(), "/sale/store_id", store)) return refusal;
  const ReturnRequest request{command.return_id(), command.source_sale_id(),
                              sale.store_id(),     sale.terminal_id(),
                              command.returned(),  "returned",
                              "/source_sale_id",   moment_of(sale.occurred_at_us(), deciding)};
  if (auto refusal = start_return(drafted, request, *store, accepted)) return refusal;
  const auto* started = books.get<ReturnState>(kReturn, command.return_id());
  const ReceiptHead head = head_of(sale);
  const BusinessTime time = receipt_time(head, *store, terminal_chain(deciding.books, sale.terminal_id()), deciding);
  const schema::Money no_rounding;
  ReturnCompletion completion{head, command.refunds(), command.returned_total(), no_rounding};
  completion.total_pointer = "/returned_total";
  completion.exchanged = exchanged;
  completion.exchange_sale_id = sale.sale_id();
  return complete_return(drafted, *started, *store, time, completion, accepted);
}

Decision decide_exchange(const ExchangeGoods& command, const Deciding& deciding) {
  if (auto known = decide_started(deciding, command.return_id())) return *std::move(known);
  std::int64_t exchanged = 0;
  if (auto refusal = check_exchanged(command, exchanged)) return *refusal;
  const std::size_t noted = deciding.offline() ? deciding.consequences->size() : 0;
  Decision decision = decide_sale(command.sale(), deciding, SaleOrigin::kExchange);
  if (deciding.offline()) {
    for (std::size_t i = noted; i < deciding.consequences->size(); ++i) {
      Rejection& note = (*deciding.consequences)[i];
      note.pointer = "/sale" + note.pointer;
    }
  }
  if (auto* refusal = std::get_if<Rejection>(&decision)) {
    refusal->pointer = "/sale" + refusal->pointer;
    return decision;
  }
  auto* const accepted = std::get_if<Acceptance>(&decision);
  if (accepted == nullptr) return decision;
  if (auto refusal = take_back(command, deciding, exchanged, *accepted)) return *refusal;
  const auto& of_sale = static_cast<const schema::Answer&>(*accepted->answer);
  schema::Answer& answer = set_answer(*accepted, deciding);
  answer = of_sale;
  answer.set_return_id(command.return_id());
  return decision;
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::exchange_goods, needs_exchange, decide_exchange>(Command::kExchangeGoods),
};

}  // namespace

const Aggregate& exchange_aggregate() {
  static constexpr Aggregate kAggregate{"exchange", kCommands, {}, {}};
  return kAggregate;
}

}  // namespace till
