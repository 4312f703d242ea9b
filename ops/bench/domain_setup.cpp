#include "ops/bench/domain_setup.h"

#include <utility>

#include "commands/money.h"
#include "ops/batch_sender.h"

namespace till {
namespace {

constexpr std::int64_t kPointsPerUnitE5 = 100'000, kPointValueE4OfBench = 100;
constexpr std::int64_t kGiftCardBalance = 1'000'000'000'000;  // more than any run spends
constexpr std::int64_t kFloatOfBench = 20'000;
constexpr std::int32_t kTaxesValidFrom = 20200101;

template <class Fill>
void give_domain(const CommandSink& sink, std::string key, Fill&& fill) {
  KeyedCommand keyed;
  keyed.idempotency_key = std::move(key);
  fill(keyed.command);
  sink(keyed);
}

void make_tables(const CommandSink& sink) {
  for (const TradeTax& rate : kTradeTaxes) {
    const std::string id = "domain-tax-" + std::string(rate.code);
    give_domain(sink, id, [&](schema::Command& command) {
      auto& tax = *command.mutable_define_tax();
      tax.set_tax_id(id);
      tax.set_tax_code(std::string(rate.code));
      tax.set_rate_ppm(rate.ppm);
      tax.set_kind(schema::TaxRule::ADDITIVE);
      tax.set_phase(schema::TaxRule::SUBTOTAL);
      tax.set_valid_from(kTaxesValidFrom);
    });
  }
  give_domain(sink, "domain-loyalty", [](schema::Command& command) {
    auto& program = *command.mutable_set_loyalty_program();
    program.set_points_per_unit_e5(kPointsPerUnitE5);
    program.mutable_point_value()->set_amount_e4(kPointValueE4OfBench);
    program.mutable_point_value()->set_currency(std::string(kTradeCurrency));
  });
}

void make_cards(const TradeGenerator& generator, const CommandSink& sink) {
  for (std::size_t i = 0; i < kDomainGiftCards; ++i) {
    give_domain(sink, domain_gift_card(i), [&](schema::Command& command) {
      auto& card = *command.mutable_activate_gift_card();
      card.set_gift_card_id(domain_gift_card(i));
      card.set_store_id(generator.store_id(i % generator.terminal_count()));
      set_money(*card.mutable_amount(), kGiftCardBalance, kTradeCurrency);
    });
  }
}

void open_shifts(const TradeGenerator& generator, const CommandSink& sink) {
  for (std::size_t i = 0; i < generator.terminal_count(); ++i) {
    const std::string shift = domain_shift(generator.terminal_id(i));
    give_domain(sink, shift, [&](schema::Command& command) {
      auto& open = *command.mutable_open_shift();
      open.set_shift_id(shift);
      open.set_store_id(generator.store_id(i));
      open.set_terminal_id(generator.terminal_id(i));
      set_money(*open.mutable_opening_float(), kFloatOfBench, kTradeCurrency);
    });
  }
}

}  // namespace

std::string domain_shift(const std::string& terminal) {
  return terminal + "-shift";
}

std::string domain_gift_card(std::size_t number) {
  return "domain-card-" + std::to_string(number);
}

Status set_up_domain(const BenchServer& server, const TradeGenerator& generator) {
  auto sender = server.open_sender();
  if (!sender) return sender.error();
  CommandStream stream(*sender);
  make_tables(stream.sink());
  make_cards(generator, stream.sink());
  open_shifts(generator, stream.sink());
  const auto sent = stream.finish();
  if (!sent) return sent;
  if (sender->counts().rejected > 0) return Error{ErrorKind::kInvalid, "the server refused the set-up of the domain"};
  return {};
}

}  // namespace till
