#include "commands/house_account.h"

#include <array>
#include <utility>

#include "commands/document.h"

namespace till {
namespace {

using schema::AccountMoved;
using schema::AccountState;
using schema::Event;

constexpr EntityKind kAccount = kind_of(schema::ACCOUNT);

constexpr std::string_view kCharge = "charge_account";
constexpr std::string_view kSettle = "settle_account";

using Move = Refusal (*)(const Deciding&, const CustomerMove&, Acceptance&, std::int64_t&);

void needs_limit(const schema::SetCreditLimit& command, std::vector<EntityRef>& out) {
  need_account(command.customer_id(), out);
}

void needs_charge(const schema::ChargeAccount& command, std::vector<EntityRef>& out) {
  need_document(kCharge, command.movement_id(), out);
  need_store(command.store_id(), out);
  need_account(command.customer_id(), out);
}

void needs_settle(const schema::SettleAccount& command, std::vector<EntityRef>& out) {
  need_document(kSettle, command.movement_id(), out);
  need_store(command.store_id(), out);
  need_account(command.customer_id(), out);
}

Rejection reject_limit(std::string_view customer_id, std::int64_t limit, std::string pointer) {
  return reject(schema::CREDIT_LIMIT,
                "The account of customer " + std::string(customer_id) + " has a limit of " + std::to_string(limit),
                std::move(pointer));
}

Refusal check_limit(const schema::SetCreditLimit& command, const AccountState* account) {
  const schema::Money& limit = command.limit();
  if (!currency_exponent(limit.currency())) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", "/limit/currency");
  }
  if (limit.amount() < 0 || limit.amount() > kBalanceMost) {
    return reject(schema::AMOUNT_INVALID, "A limit is not negative and at most 10^15 minor units", "/limit");
  }
  if (account == nullptr || account->balance().amount() == 0) return std::nullopt;
  if (auto refusal = check_currency(limit.currency(), account->limit().currency(), "/limit")) return refusal;
  if (limit.amount() >= account->balance().amount()) return std::nullopt;
  return reject(schema::CREDIT_LIMIT,
                "Customer " + command.customer_id() + " owes " + std::to_string(account->balance().amount()), "/limit");
}

Decision decide_limit(const schema::SetCreditLimit& command, const Deciding& deciding) {
  if (auto refusal = check_customer(deciding, command.customer_id())) return *std::move(refusal);
  const auto* account = deciding.books.get<AccountState>(kAccount, command.customer_id());
  if (auto refusal = check_limit(command, account)) return *std::move(refusal);
  const std::int64_t balance = account == nullptr ? 0 : account->balance().amount();
  Acceptance accepted;
  auto& fact = *add_event(accepted, deciding, schema::ACCOUNT, command.customer_id(), Event::kCreditLimitSet)
                    .mutable_credit_limit_set();
  fact.set_customer_id(command.customer_id());
  fact.set_currency(command.limit().currency());
  fact.set_limit(command.limit().amount());
  fact.set_balance(balance);
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(command.customer_id());
  set_money(*answer.mutable_balance(), balance, command.limit().currency());
  return accepted;
}

Refusal find_account(const Deciding& deciding, const CustomerMove& move, const AccountState*& account) {
  if (auto refusal = check_customer(deciding, move.customer_id)) return refusal;
  account = deciding.books.get<AccountState>(kAccount, move.customer_id);
  if (account == nullptr) {
    return reject(schema::ACCOUNT_NOT_FOUND, "Customer " + std::string(move.customer_id) + " has no house account",
                  "/customer_id");
  }
  if (auto refusal = check_amount(move.amount, move.currency, move.amount_pointer)) return refusal;
  return check_currency(move.currency, account->limit().currency(), move.amount_pointer);
}

void write_moved(const CustomerMove& move, std::int64_t amount, const AccountState& account, AccountMoved& fact) {
  fact.set_customer_id(std::string(move.customer_id));
  fact.set_movement_id(std::string(move.movement_id));
  fact.set_store_id(std::string(move.store_id));
  fact.set_sale_id(std::string(move.sale_id));
  fact.set_currency(std::string(move.currency));
  fact.set_amount(amount);
  fact.set_balance_after(account.balance().amount() + amount);
  fact.set_limit(account.limit().amount());
  fact.set_reason(std::string(move.reason));
}

Decision decide_move(std::string_view type, Move move_account, const CustomerMove& move, const Deciding& deciding) {
  if (auto booked = decide_booked(deciding, type, move.movement_id, "/movement_id")) return *std::move(booked);
  Acceptance accepted;
  if (auto refusal = take_business_date(deciding, move.store_id, accepted)) return *std::move(refusal);
  book_document(accepted, deciding, type, move.movement_id);
  std::int64_t balance = 0;
  if (auto refusal = move_account(deciding, move, accepted, balance)) return *std::move(refusal);
  auto& answer = set_answer(accepted, deciding);
  answer.set_customer_id(std::string(move.customer_id));
  answer.set_movement_id(std::string(move.movement_id));
  set_money(*answer.mutable_balance(), balance, move.currency);
  return accepted;
}

Decision decide_charge(const schema::ChargeAccount& command, const Deciding& deciding) {
  return decide_move(kCharge, charge_account,
                     {command.customer_id(), command.movement_id(), command.store_id(), command.sale_id(),
                      command.reason(), command.amount().amount(), command.amount().currency(), "/amount"},
                     deciding);
}

Decision decide_settle(const schema::SettleAccount& command, const Deciding& deciding) {
  return decide_move(kSettle, settle_account,
                     {command.customer_id(),
                      command.movement_id(),
                      command.store_id(),
                      {},
                      command.reason(),
                      command.amount().amount(),
                      command.amount().currency(),
                      "/amount"},
                     deciding);
}

void evolve_limit(AccountState& state, const schema::CreditLimitSet& fact, const schema::Record&) {
  state.set_customer_id(fact.customer_id());
  set_money(*state.mutable_limit(), fact.limit(), fact.currency());
  set_money(*state.mutable_balance(), fact.balance(), fact.currency());
}

void evolve_moved(AccountState& state, const AccountMoved& fact, const schema::Record&) {
  set_money(*state.mutable_balance(), fact.balance_after(), fact.currency());
}

using schema::Command;

constexpr std::array kCommands{
    command_rule<&Command::set_credit_limit, needs_limit, decide_limit>(Command::kSetCreditLimit),
    command_rule<&Command::charge_account, needs_charge, decide_charge>(Command::kChargeAccount),
    command_rule<&Command::settle_account, needs_settle, decide_settle>(Command::kSettleAccount),
};
constexpr std::array kEvents{
    event_rule<AccountState, &Event::credit_limit_set, evolve_limit>(Event::kCreditLimitSet, schema::ACCOUNT),
    event_rule<AccountState, &Event::account_charged, evolve_moved>(Event::kAccountCharged, schema::ACCOUNT),
    event_rule<AccountState, &Event::account_settled, evolve_moved>(Event::kAccountSettled, schema::ACCOUNT),
};
constexpr std::array kStates{state_rule<AccountState>(schema::ACCOUNT)};

}  // namespace

const Aggregate& house_account_aggregate() {
  static constexpr Aggregate kAggregate{"house_account", kCommands, kEvents, kStates};
  return kAggregate;
}

void need_account(std::string_view customer_id, std::vector<EntityRef>& out) {
  need_customer(customer_id, out);
  out.push_back({kAccount, std::string(customer_id)});
}

Refusal charge_account(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                       std::int64_t& balance_after) {
  const AccountState* account = nullptr;
  if (auto refusal = check_buyer(deciding, move.customer_id)) return refusal;
  if (auto refusal = find_account(deciding, move, account)) return refusal;
  if (move.amount > account->limit().amount() - account->balance().amount()) {
    return reject_limit(move.customer_id, account->limit().amount(), move.amount_pointer);
  }
  write_moved(move, move.amount, *account,
              *add_event(accepted, deciding, schema::ACCOUNT, std::string(move.customer_id), Event::kAccountCharged)
                   .mutable_account_charged());
  balance_after = account->balance().amount() + move.amount;
  return std::nullopt;
}

Refusal settle_account(const Deciding& deciding, const CustomerMove& move, Acceptance& accepted,
                       std::int64_t& balance_after) {
  const AccountState* account = nullptr;
  if (auto refusal = find_account(deciding, move, account)) return refusal;
  if (move.amount > account->balance().amount()) {
    return reject(schema::SETTLEMENT_EXCEEDS_BALANCE,
                  "Customer " + std::string(move.customer_id) + " owes " + std::to_string(account->balance().amount()),
                  move.amount_pointer);
  }
  write_moved(move, -move.amount, *account,
              *add_event(accepted, deciding, schema::ACCOUNT, std::string(move.customer_id), Event::kAccountSettled)
                   .mutable_account_settled());
  balance_after = account->balance().amount() - move.amount;
  return std::nullopt;
}

std::int64_t account_balance(BooksReader& books, std::string_view customer_id) {
  const auto* account = books.get<AccountState>(kAccount, customer_id);
  return account == nullptr ? 0 : account->balance().amount();
}

void forfeit_account(const Deciding& deciding, std::string_view customer_id, Acceptance& accepted) {
  const auto* account = deciding.books.get<AccountState>(kAccount, customer_id);
  if (account == nullptr || account->balance().amount() == 0) return;
  const CustomerMove move{.customer_id = customer_id,
                          .movement_id = {},
                          .store_id = {},
                          .sale_id = {},
                          .reason = {},
                          .amount = account->balance().amount(),
                          .currency = account->balance().currency(),
                          .amount_pointer = {}};
  write_moved(move, -move.amount, *account,
              *add_event(accepted, deciding, schema::ACCOUNT, std::string(customer_id), Event::kAccountSettled)
                   .mutable_account_settled());
}

}  // namespace till
