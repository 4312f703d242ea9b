#include "commands/store_credit.h"

#include <array>
#include <utility>

#include "commands/authority.h"
#include "commands/document.h"
#include "commands/store_credit_lots.h"

namespace till {
namespace {

using schema::Event;
using schema::StoreCreditMoved;
using schema::StoreCreditState;

constexpr EntityKind kStoreCredit = kind_of(schema::STORE_CREDIT_ACCOUNT);

constexpr std::string_view kIssue = "issue_store_credit";
constexpr std::string_view kSpend = "spend_store_credit";
constexpr std::string_view kExpire = "expire_store_credit";

// One of the events that share StoreCreditMoved.
struct CreditEvent {
  Event::EventCase which;
  StoreCreditMoved* (Event::*body)();
};
constexpr CreditEvent kIssued{Event::kStoreCreditIssued, &Event::mutable_store_credit_issued};
constexpr CreditEvent kSpent{Event::kStoreCreditSpent, &Event::mutable_store_credit_spent};
constexpr CreditEvent kExpired{Event::kStoreCreditExpired, &Event::mutable_store_credit_expired};

using Move = Refusal (*)(const Deciding&, const CustomerMove&, Acceptance&, std::int64_t&);

void needs_issue(const schema::IssueStoreCredit& command, std::vector<EntityRef>& out) {
  need_document(kIssue, command.movement_id(), out);
  need_session(command.session_id(), out);
  need_store(command.store_id(), out);
  need_store_credit(command.customer_id(), out);
}

void needs_spend(const schema::SpendStoreCredit& command, std::vector<EntityRef>& out) {
  need_document(kSpend, command.movement_id(), out);
  need_store(command.store_id(), out);
  need_store_credit(command.customer_id(), out);
}

void needs_expire(const schema::ExpireStoreCredit& command, std::vector<EntityRef>& out) {
  need_document(kExpire, command.movement_id(), out);
  need_store(command.store_id(), out);
  need_store_credit(command.customer_id(), out);
}

void needs_expire_due(const schema::ExpireDueStoreCredit& command, std::vector<EntityRef>& out) {
  need_store(command.store_id(), out);
  need_store_credit(command.customer_id(), out);
}

// Adds the event and folds it into `credit`.
void move_credit(StoreCreditState& credit, const CreditEvent& event, const CustomerMove& move, std::int64_t amount,
                 const Deciding& deciding, Acceptance& accepted) {
  Event& added =
      add_event(accepted, deciding, schema::STORE_CREDIT_ACCOUNT, std::string(move.customer_id), event.which);
  StoreCreditMoved& fact = *(added.*event.body)();
  fact.set_customer_id(std::string(move.customer_id));
  fact.set_movement_id(std::string(move.movement_id));
  fact.set_store_id(std::string(move.store_id));
  fact.set_sale_id(std::string(move.sale_id));
  fact.set_currency(std::string(move.currency));
  fact.set_amount(amount);
  fact.set_balance_after(credit.balance().amount() + amount);
  fact.set_reason(std::string(move.reason));
  fact.set_expires_at_us(move.expires_at_us);
  fold_credit(credit, fact);
}

// Books away that much of the credit.
void expire(StoreCreditState& credit, std::int64_t amount, std::string_view customer_id, std::string_view store_id,
            const Deciding& deciding, Acceptance& accepted) {
  const std::string currency = credit.balance().currency();
  const CustomerMove move{.customer_id = customer_id,
                          .movement_id = {},
                          .store_id = store_id,
                          .sale_id = {},
                          .reason = {},
                          .amount = amount,
                          .currency = currency,
                          .amount_pointer = {}};
  move_credit(credit, kExpired, move, -amount, deciding, accepted);
}

// A copy of the customer's credit that lives as long as the decision and that its events move on; empty where there is
// none yet. What is over is booked away at `store_id`, with one event.
StoreCreditState& open_credit(const Deciding& deciding, std::string_view customer_id, std::string_view store_id,
                              Acceptance& accepted) {
  auto& credit = *google::protobuf::Arena::CreateMessage<StoreCreditState>(deciding.context.arena);
  if (const auto* known = deciding.books.get<StoreCreditState>(kStoreCredit, customer_id)) credit = *known;
  const std::int64_t over = expired_credit(credit, deciding.context.recorded_at);
  if (over != 0) expire(credit, over, customer_id, store_id, deciding, accepted);
  return credit;
}

// The credit before the movement, once its amount and currency are in order.
Refusal open_move(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted, StoreCreditState*& credit) {
  if (auto refusal = check_customer(deciding, move.customer_id)) return refusal;
  if (auto refusal = check_amount(move.amount, move.currency, move.amount_pointer)) return refusal;
  credit = &open_credit(deciding, move.customer_id, move.store_id, accepted);
  if (!credit->has_balance()) return std::nullopt;
  return check_currency(move.currency, credit->balance().currency(), move.amount_pointer);
}

Refusal take_off(const CreditEvent& event, const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                 std::int64_t& balance_after) {
  StoreCreditState* credit = nullptr;
  if (auto refusal = open_move(deciding, move, accepted, credit)) return refusal;
  if (move.amount > credit->balance().amount()) {
    return reject(schema::INSUFFICIENT_CREDIT,
                  "Customer " + std::string(move.customer_id) + " has store credit of " +
                      std::to_string(credit->balance().amount()),
                  move.amount_pointer);
  }
  move_credit(*credit, event, move, -move.amount, deciding, accepted);
  balance_after = credit->balance().amount();
  return std::nullopt;
}

Refusal expire_store_credit(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                            std::int64_t& balance_after) {
  return take_off(kExpired, deciding, move, accepted, balance_after);
}

// `accepted` holds what the authority of the sender added.
Decision decide_move(std::string_view type, Move make, const CustomerMove& move, const Deciding& deciding,
                     Acceptance accepted) {
  if (auto refusal = take_business_date(deciding, move.store_id, accepted)) return *std::move(refusal);
  book_document(accepted, deciding, type, move.movement_id);
  std::int64_t balance = 0;
  if (auto refusal = make(deciding, move, accepted, balance)) return *std::move(refusal);
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(std::string(move.customer_id));
  answer.set_movement_id(std::string(move.movement_id));
  set_money(*answer.mutable_balance(), balance, move.currency);
  return accepted;
}

Decision decide_issue(const schema::IssueStoreCredit& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kIssue, command.movement_id(), "/movement_id")) return *std::move(booked);
  if (auto refusal = check_expiry(command.expires_at_us(), deciding)) return *std::move(refusal);
  Acceptance accepted;
  if (auto refusal = authorize(deciding, command.session_id(), schema::STORE_CREDIT, deciding.context.recorded_at,
                               accepted, command.store_id())) {
    return *std::move(refusal);
  }
  return decide_move(
      kIssue, issue_store_credit,
      {command.customer_id(), command.movement_id(), command.store_id(), command.sale_id(), command.reason(),
       command.amount().amount(), command.amount().currency(), "/amount", command.expires_at_us()},
      deciding, std::move(accepted));
}

Decision decide_spend(const schema::SpendStoreCredit& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kSpend, command.movement_id(), "/movement_id")) return *std::move(booked);
  return decide_move(kSpend, spend_store_credit,
                     {command.customer_id(), command.movement_id(), command.store_id(), command.sale_id(),
                      command.reason(), command.amount().amount(), command.amount().currency(), "/amount"},
                     deciding, {});
}

Decision decide_expire(const schema::ExpireStoreCredit& command, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, kExpire, command.movement_id(), "/movement_id")) return *std::move(booked);
  return decide_move(kExpire, expire_store_credit,
                     {command.customer_id(),
                      command.movement_id(),
                      command.store_id(),
                      {},
                      command.reason(),
                      command.amount().amount(),
                      command.amount().currency(),
                      "/amount"},
                     deciding, {});
}

Decision decide_expire_due(const schema::ExpireDueStoreCredit& command, const Deciding& deciding) {
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, command.store_id(), accepted)) return *std::move(refusal);
  if (auto refusal = check_customer(deciding, command.customer_id())) return *std::move(refusal);
  const StoreCreditState& credit = open_credit(deciding, command.customer_id(), command.store_id(), accepted);
  if (accepted.events.empty()) {
    return reject(schema::NOTHING_TO_EXPIRE, "No store credit of customer " + command.customer_id() + " has expired",
                  "/customer_id");
  }
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(command.customer_id());
  *answer.mutable_balance() = credit.balance();
  return accepted;
}

void evolve_moved(StoreCreditState& state, const StoreCreditMoved& fact, const schema::Record&) {
  fold_credit(state, fact);
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::issue_store_credit, needs_issue, decide_issue>(Command::kIssueStoreCredit),
    command_rule<&Command::spend_store_credit, needs_spend, decide_spend>(Command::kSpendStoreCredit),
    command_rule<&Command::expire_store_credit, needs_expire, decide_expire>(Command::kExpireStoreCredit),
    command_rule<&Command::expire_due_store_credit, needs_expire_due, decide_expire_due>(
        Command::kExpireDueStoreCredit),
};
constexpr std::array kEvents{
    event_rule<StoreCreditState, &Event::store_credit_issued, evolve_moved>(Event::kStoreCreditIssued,
                                                                            schema::STORE_CREDIT_ACCOUNT),
    event_rule<StoreCreditState, &Event::store_credit_spent, evolve_moved>(Event::kStoreCreditSpent,
                                                                           schema::STORE_CREDIT_ACCOUNT),
    event_rule<StoreCreditState, &Event::store_credit_expired, evolve_moved>(Event::kStoreCreditExpired,
                                                                             schema::STORE_CREDIT_ACCOUNT),
};
constexpr std::array kStates{state_rule<StoreCreditState>(schema::STORE_CREDIT_ACCOUNT)};

}  // namespace

const Aggregate& store_credit_aggregate() {
  static constexpr Aggregate kAggregate{"store_credit", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_store_credit(std::string_view customer_id, std::vector<EntityRef>& out) {
  need_customer(customer_id, out);
  out.push_back({kStoreCredit, std::string(customer_id)});
}

Refusal issue_store_credit(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                           std::int64_t& balance_after) {
  StoreCreditState* credit = nullptr;
  if (auto refusal = open_move(deciding, move, accepted, credit)) return refusal;
  if (move.amount > kBalanceMost - credit->balance().amount()) {
    return reject(schema::BALANCE_LIMIT, "Store credit is at most 10^15 minor units", move.amount_pointer);
  }
  move_credit(*credit, kIssued, move, move.amount, deciding, accepted);
  balance_after = credit->balance().amount();
  return std::nullopt;
}

Refusal spend_store_credit(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                           std::int64_t& balance_after) {
  if (auto refusal = check_buyer(deciding, move.customer_id)) return refusal;
  return take_off(kSpent, deciding, move, accepted, balance_after);
}

void forfeit_store_credit(const Deciding& deciding, std::string_view customer_id, Acceptance& accepted) {
  const auto* known = deciding.books.get<StoreCreditState>(kStoreCredit, customer_id);
  if (known == nullptr || known->balance().amount() == 0) return;
  StoreCreditState credit = *known;
  expire(credit, known->balance().amount(), customer_id, {}, deciding, accepted);
}

}  // namespace till
