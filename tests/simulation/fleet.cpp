#include "tests/simulation/fleet.h"

#include <algorithm>

#include "engine/transaction.h"

namespace till::simulation {
namespace {

constexpr std::int64_t kUnitE5 = 100'000;
constexpr std::int64_t kOccurredAtUs = 1'772'445'600'000'000;
constexpr std::size_t kRepeatOnceIn = 25;   // an answered command is sent again
constexpr std::size_t kMistakeOnceIn = 20;  // a wrong sequence

Fingerprint fingerprint_of(const schema::Command& command) {
  const Hash hash = sha256(command.SerializeAsString());
  Fingerprint fingerprint;
  std::copy_n(hash.begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

bool is_final(OutcomeKind kind) {
  return kind == OutcomeKind::kAccepted || kind == OutcomeKind::kReplayed || kind == OutcomeKind::kRejected ||
         kind == OutcomeKind::kKeyReused;
}

void set_money(schema::Money& money, std::int64_t amount) {
  money.set_amount(amount);
  money.set_currency("USD");
}

}  // namespace

std::string store_name(int store) {
  return "store-" + std::to_string(store);
}

std::string sku_name(int product) {
  return "sku-" + std::to_string(product);
}

bool Entry::accepted() const {
  return std::any_of(told.begin(), told.end(), [](const Told& one) {
    return one.outcome.kind == OutcomeKind::kAccepted || one.outcome.kind == OutcomeKind::kReplayed;
  });
}

Fleet::Fleet(Dice& dice) : Fleet(dice, kTerminals, [](const std::function<void()>& take) { take(); }) {}

Fleet::Fleet(Dice& dice, int terminals, Post post) : dice_(dice), post_(std::move(post)) {
  for (int i = 0; i < terminals; ++i) {
    Client& client = clients_.emplace_back();
    client.terminal = "till-" + std::to_string(i);
    client.store = i % kStores;
  }
}

std::uint64_t Fleet::answers(OutcomeKind kind) const {
  const auto found = answers_.find(kind);
  return found == answers_.end() ? 0 : found->second;
}

std::vector<schema::Command> Fleet::setup() const {
  std::vector<schema::Command> commands;
  for (int store = 0; store < kStores; ++store) {
    commands.emplace_back().mutable_upsert_store()->set_store_id(store_name(store));
    schema::SetStorePolicy& policy = *commands.emplace_back().mutable_set_store_policy();
    policy.set_store_id(store_name(store));
    policy.set_stock(store == 0 ? schema::StorePolicy::DENY : schema::StorePolicy::ALLOW_NEGATIVE);
    policy.set_time_zone("UTC");
  }
  for (const Client& client : clients_) {
    schema::RegisterTerminal& terminal = *commands.emplace_back().mutable_register_terminal();
    terminal.set_store_id(store_name(client.store));
    terminal.set_terminal_id(client.terminal);
  }
  for (int product = 0; product < kProducts; ++product) {
    schema::UpsertProduct& upsert = *commands.emplace_back().mutable_upsert_product();
    upsert.set_sku(sku_name(product));
    upsert.set_name("Article");
    upsert.set_category("all");
    upsert.set_tax_code("A");
    upsert.mutable_unit_price()->set_amount(100);
    upsert.mutable_unit_price()->set_currency("USD");
  }
  return commands;
}

void Fleet::draw_sale(Client& client, schema::RingUpSale& sale) {
  const std::uint64_t wrong = dice_.once_in(kMistakeOnceIn) ? 1 + dice_.below(3) : 0;
  sale.set_sale_id("sale-" + std::to_string(journal_.size()));
  sale.set_store_id(store_name(client.store));
  sale.set_terminal_id(client.terminal);
  sale.set_terminal_seq(client.next_sequence + wrong);
  sale.set_occurred_at_us(kOccurredAtUs);
  std::int64_t total = 0;
  const std::size_t lines = 1 + dice_.below(3);
  for (std::size_t i = 0; i < lines; ++i) {
    schema::RingUpSale::Line& line = *sale.add_lines();
    const std::int64_t units = dice_.between(1, 3);
    const std::int64_t price = dice_.between(1, 500);
    line.set_line_id(std::to_string(i));
    line.set_sku(sku_name(static_cast<int>(dice_.below(kProducts))));
    line.set_quantity_e5(units * kUnitE5);
    line.mutable_unit_price()->set_amount(price);
    line.mutable_unit_price()->set_currency("USD");
    total += units * price;
  }
  const std::int64_t change = dice_.between(0, 5);
  schema::Tender& tender = *sale.add_tenders();
  tender.set_type(schema::Tender::CASH);
  set_money(*tender.mutable_amount(), total + change);
  if (change > 0) set_money(*sale.mutable_change(), change);
  set_money(*sale.mutable_expected_total(), total);
}

schema::Command Fleet::draw(Client& client) {
  schema::Command command;
  const std::size_t face = dice_.below(10);
  if (face == 0) {
    schema::ReceiveStock& receipt = *command.mutable_receive_stock();
    receipt.set_receipt_id("receipt-" + std::to_string(journal_.size()));
    receipt.set_store_id(store_name(client.store));
    for (int product = 0; product < kProducts; ++product) {
      schema::ReceiveStock::Line& line = *receipt.add_lines();
      line.set_sku(sku_name(product));
      line.set_quantity_e5(dice_.between(1, 8) * kUnitE5);
    }
  } else if (face == 1) {
    schema::AdjustStock& adjustment = *command.mutable_adjust_stock();
    adjustment.set_adjustment_id("adjustment-" + std::to_string(journal_.size()));
    adjustment.set_store_id(store_name(client.store));
    adjustment.set_sku(sku_name(static_cast<int>(dice_.below(kProducts))));
    adjustment.set_delta_e5(dice_.once_in(2) ? kUnitE5 : -kUnitE5);
    adjustment.set_reason(schema::AdjustStock::CORRECTION);
  } else if (face == 2 && !sold_.empty()) {
    schema::VoidSale& voiding = *command.mutable_void_sale();
    voiding.set_sale_id(sold_[dice_.below(sold_.size())]);
    voiding.set_reason(dice_.once_in(2) ? "by mistake" : "returned at once");
  } else {
    draw_sale(client, *command.mutable_ring_up_sale());
  }
  return command;
}

Entry& Fleet::add_entry(schema::Command command) {
  Entry& entry = journal_.emplace_back();
  entry.key = "key-" + std::to_string(journal_.size());
  entry.command = std::move(command);
  return entry;
}

void Fleet::send(Engine& engine, const Log& log, schema::Command command) {
  submit(nullptr, add_entry(std::move(command)), engine, log);
}

void Fleet::act(Engine& engine, const Log& log) {
  Client& client = clients_[dice_.below(clients_.size())];
  if (client.in_flight) {
    // A double click: the same request beside the one in flight.
    if (dice_.once_in(kRepeatOnceIn)) submit(nullptr, *client.open, engine, log);
    return;
  }
  if (client.open == nullptr && !journal_.empty() && dice_.once_in(kRepeatOnceIn)) {
    submit(nullptr, journal_[dice_.below(journal_.size())], engine, log);
    return;
  }
  if (client.open == nullptr) client.open = &add_entry(draw(client));
  submit(&client, *client.open, engine, log);
}

void Fleet::submit(Client* client, Entry& entry, Engine& engine, const Log& log) {
  CommandRequest request;
  request.tenant = kTenant;
  request.key = entry.key;
  request.body = std::make_unique<schema::Command>(entry.command);
  request.fingerprint = fingerprint_of(entry.command);
  std::vector<CommandRequest> requests;
  requests.push_back(std::move(request));
  if (client != nullptr) client->in_flight = true;
  ++in_flight_;
  engine.submit(std::move(requests), [this, client, &entry, &log, asked_at = told_most_,
                                      generation = generation_](std::vector<Outcome>&& outcomes) {
    post_([this, client, &entry, &log, asked_at, generation, outcome = std::move(outcomes.front())]() mutable {
      if (generation == generation_) note(client, entry, asked_at, log, std::move(outcome));
    });
  });
}

void Fleet::note(Client* client, Entry& entry, Position asked_at, const Log& log, Outcome&& outcome) {
  --in_flight_;
  if (client != nullptr) client->in_flight = false;
  const bool first = !entry.accepted();
  const OutcomeKind kind = outcome.kind;
  ++answers_[kind];
  const std::uint64_t expected = outcome.rejection.expected;
  if (is_final(kind)) {
    told_most_ = std::max(told_most_, outcome.position);
    entry.told.push_back({std::move(outcome), asked_at, log.head().position});
  }
  const bool accepted = kind == OutcomeKind::kAccepted || kind == OutcomeKind::kReplayed;
  if (accepted && first && entry.command.has_ring_up_sale()) {
    sold_.push_back(entry.command.ring_up_sale().sale_id());
    for (Client& one : clients_) {
      if (one.terminal == entry.command.ring_up_sale().terminal_id()) {
        one.next_sequence = std::max(one.next_sequence, entry.command.ring_up_sale().terminal_seq() + 1);
      }
    }
  }
  if (client == nullptr || !is_final(kind)) return;
  if (expected != 0) client->next_sequence = expected;
  client->open = nullptr;
}

void Fleet::crash() {
  ++generation_;
  in_flight_ = 0;
  for (Client& client : clients_) client.in_flight = false;
}

}  // namespace till::simulation
