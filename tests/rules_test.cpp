// The dispatch of commands/ against the descriptors: nothing forgotten, nothing twice.
#include "commands/rules.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "commands/retail_domain.h"
#include "schemas/options.pb.h"
#include "tests/memory_books.h"

namespace till {
namespace {

// Kinds 1-9 belong to the engine.
constexpr int kFirstRetailKind = 10;

std::set<int> numbers_of(const google::protobuf::Descriptor& message) {
  std::set<int> numbers;
  for (int i = 0; i < message.field_count(); ++i) numbers.insert(message.field(i)->number());
  return numbers;
}

}  // namespace

TEST_CASE("every command, event and kind has one rule", "[commands][rules]") {
  std::multiset<int> commands, events, kinds;
  for (const Aggregate& aggregate : retail_aggregates()) {
    for (const CommandRule& rule : aggregate.commands) commands.insert(rule.command);
    for (const EventRule& rule : aggregate.events) events.insert(rule.event);
    for (const StateRule& rule : aggregate.states) kinds.insert(rule.kind);
  }
  const std::set<int> all_commands = numbers_of(*schema::Command::descriptor());
  const std::set<int> all_events = numbers_of(*schema::Event::descriptor());
  CHECK(std::equal(commands.begin(), commands.end(), all_commands.begin(), all_commands.end()));
  CHECK(std::equal(events.begin(), events.end(), all_events.begin(), all_events.end()));
  std::set<int> all_kinds;
  for (int i = 0; i < schema::Kind_descriptor()->value_count(); ++i) {
    const int number = schema::Kind_descriptor()->value(i)->number();
    if (number >= kFirstRetailKind) all_kinds.insert(number);
  }
  CHECK(std::equal(kinds.begin(), kinds.end(), all_kinds.begin(), all_kinds.end()));
}

TEST_CASE("names are those of the schema", "[commands][rules]") {
  const RetailDomain domain(testing::test_zones());
  CHECK(domain.event_name(schema::Event::kSaleCompleted) == "SaleCompleted");
  CHECK(domain.event_name(9) == "");
  CHECK(domain.event_name(100'000) == "");
  CHECK(domain.kind_name(kind_of(schema::SALE)) == "sale");
  CHECK(domain.kind_name(kind_of(schema::TERMINAL_DEVICE)) == "terminal_device");
  CHECK(domain.kind_name(EntityKind(0)) == "");
  CHECK(domain.kind_name(EntityKind(999)) == "");
  schema::Command command;
  CHECK(domain.command_name(command) == "");
  command.mutable_ring_up_sale();
  CHECK(domain.command_name(command) == "RingUpSale");
  CHECK(domain.new_state(kind_of(schema::TERMINAL_CHAIN)) == nullptr);
  CHECK(domain.new_state(EntityKind(999)) == nullptr);
  CHECK(domain.new_state(kind_of(schema::SALE))->GetTypeName() == "till.schema.SaleState");
}

TEST_CASE("an event does nothing to an entity of another kind", "[commands][rules]") {
  const RetailDomain domain(testing::test_zones());
  schema::Event event;
  event.mutable_sale_voided();
  schema::StockState state;
  domain.evolve(kind_of(schema::STOCK), state, event, schema::Record());
  CHECK(state.ByteSizeLong() == 0);
}

TEST_CASE("no free text about a person goes to the log", "[commands][rules]") {
  const auto& commands = *schema::Command::descriptor();
  for (int i = 0; i < commands.field_count(); ++i) {
    const auto& message = *commands.field(i)->message_type();
    const bool names_person =
        message.FindFieldByName("customer_id") != nullptr || message.FindFieldByName("employee_id") != nullptr;
    for (int j = 0; names_person && j < message.field_count(); ++j) {
      const auto& options = message.field(j)->options();
      CAPTURE(message.field(j)->full_name());
      CHECK((options.GetExtension(schema::rule) != schema::TEXT || options.GetExtension(schema::personal)));
    }
  }
}

TEST_CASE("equal keys are found whatever their order", "[commands][rules]") {
  const std::vector<std::string_view> keys{"b", "a", "b", "", "a", "b", ""};
  std::vector<std::uint32_t> first(keys.size());
  find_first_equal(keys, first);
  CHECK(first == std::vector<std::uint32_t>{0, 1, 0, 3, 1, 0, 3});
}

TEST_CASE("pointers are those of RFC 6901", "[commands][rules]") {
  CHECK(item_pointer("lines", 2, "sku") == "/lines/2/sku");
  CHECK(item_pointer("lines", 10) == "/lines/10");
}

}  // namespace till
