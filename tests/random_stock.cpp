#include "tests/random_stock.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

namespace till::testing {
namespace {

using schema::Command;

constexpr std::int64_t kHourUs = 3'600'000'000;

// Any number from `least` to below `end`; rapidcheck's own range stays small in the first runs.
template <class Number = int>
Number draw(Number least, Number end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Number>(least, end));
}

template <class Values>
const auto& one_of(const Values& values) {
  return values[draw<std::size_t>(0, values.size())];
}

std::string random_id() {
  return shared_id(draw(0, kIds));
}

std::int64_t random_quantity() {
  return draw<std::int64_t>(1, 8) * 100'000;
}

template <class Line>
void fill_line(Line& line, const std::string& sku) {
  line.set_sku(sku);
  line.set_quantity_e5(random_quantity());
}

template <class Document>
void fill_lines(Document& document) {
  const int count = draw(1, 3);
  for (int i = 0; i < count; ++i) fill_line(*document.add_lines(), kArticles[static_cast<std::size_t>(i)]);
}

// A sale of nothing to pay.
Command sale(const std::string& store, std::uint64_t sequence, std::int64_t now_us) {
  Command command;
  auto& sale = *command.mutable_ring_up_sale();
  sale.set_sale_id(store + "-" + std::to_string(sequence));
  sale.set_store_id(store);
  sale.set_terminal_id("T" + store);
  sale.set_terminal_seq(sequence);
  sale.set_occurred_at_us(now_us - draw<std::int64_t>(0, 5) * kStepUs);
  auto& line = *sale.add_lines();
  line.set_line_id("1");
  fill_line(line, one_of(kArticles));
  line.mutable_unit_price()->set_amount(0);
  line.mutable_unit_price()->set_currency("EUR");
  sale.mutable_expected_total()->set_currency("EUR");
  sale.mutable_change()->set_currency("EUR");
  return command;
}

Command void_of(const std::string& store, std::uint64_t sequence) {
  Command command;
  command.mutable_void_sale()->set_sale_id(store + "-" + std::to_string(sequence));
  return command;
}

Command stock_command(int step) {
  Command command;
  switch (draw(0, 8)) {
    case 0: {
      auto& adjust = *command.mutable_adjust_stock();
      adjust.set_adjustment_id(step_id(step));
      adjust.set_store_id(one_of(kStores));
      adjust.set_sku(one_of(kArticles));
      adjust.set_delta_e5(*rc::gen::element(1, -1) * random_quantity());
      adjust.set_reason(schema::AdjustStock::CORRECTION);
      break;
    }
    case 1: {
      auto& set = *command.mutable_set_stock();
      set.set_set_id(step_id(step));
      set.set_store_id(one_of(kStores));
      set.set_sku(one_of(kArticles));
      set.set_to_e5(random_quantity());
      break;
    }
    case 2: {
      auto& inspect = *command.mutable_inspect_stock();
      inspect.set_inspection_id(step_id(step));
      inspect.set_store_id(one_of(kStores));
      inspect.set_sku(one_of(kArticles));
      inspect.set_quantity_e5(random_quantity());
      inspect.set_to(*rc::gen::element(schema::Disposition::IN_STOCK, schema::Disposition::QUARANTINE,
                                       schema::Disposition::WASTE));
      break;
    }
    case 3: {
      auto& receipt = *command.mutable_receive_stock();
      receipt.set_receipt_id(step_id(step));
      receipt.set_store_id(one_of(kStores));
      fill_lines(receipt);
      break;
    }
    case 4: {
      auto& point = *command.mutable_set_reorder_point();
      point.set_store_id(one_of(kStores));
      point.set_sku(one_of(kArticles));
      point.set_point_e5(random_quantity());
      break;
    }
    case 5: {
      auto& vendor = *command.mutable_return_to_vendor();
      vendor.set_vendor_return_id(step_id(step));
      vendor.set_store_id(one_of(kStores));
      fill_lines(vendor);
      break;
    }
    default: {
      const auto fill = [&](auto& assembly) {
        assembly.set_assembly_id(step_id(step));
        assembly.set_store_id(one_of(kStores));
        assembly.set_sku("KIT");
        assembly.set_quantity_e5(random_quantity());
      };
      if (*rc::gen::arbitrary<bool>())
        fill(*command.mutable_compose_kit());
      else
        fill(*command.mutable_decompose_kit());
    }
  }
  return command;
}

Command reservation_command(std::int64_t now_us) {
  Command command;
  switch (draw(0, 5)) {
    case 0:
      command.mutable_release_reservation()->set_reservation_id(random_id());
      break;
    case 1:
      command.mutable_commit_reservation()->set_reservation_id(random_id());
      break;
    case 2:
      command.mutable_expire_reservation()->set_reservation_id(random_id());
      break;
    default: {
      auto& reserve = *command.mutable_reserve_stock();
      reserve.set_reservation_id(random_id());
      reserve.set_store_id(one_of(kStores));
      fill_lines(reserve);
      reserve.set_expires_at_us(now_us + *rc::gen::element(kStepUs, kHourUs));
    }
  }
  return command;
}

Command count_command(std::int64_t now_us) {
  Command command;
  switch (draw(0, 12)) {
    case 0:
    case 1:
    case 2: {
      auto& start = *command.mutable_start_count();
      start.set_count_id(random_id());
      start.set_store_id(one_of(kStores));
      start.add_skus("A");
      if (*rc::gen::arbitrary<bool>()) start.add_skus("B");
      if (*rc::gen::arbitrary<bool>()) start.set_tolerance_e5(100'000);
      break;
    }
    case 3:
      command.mutable_post_count()->set_count_id(random_id());
      command.mutable_post_count()->set_accept_variance(*rc::gen::arbitrary<bool>());
      break;
    case 4:
      command.mutable_cancel_count()->set_count_id(random_id());
      break;
    default: {
      auto& record = *command.mutable_record_count();
      record.set_count_id(random_id());
      record.set_sku(one_of(kArticles));
      record.set_quantity_e5(random_quantity());
      record.set_counted_at_us(now_us - draw<std::int64_t>(0, 4) * kStepUs);
    }
  }
  return command;
}

Command transfer_command(int step) {
  Command command;
  switch (draw(0, 12)) {
    case 0:
    case 1:
    case 2: {
      auto& create = *command.mutable_create_transfer();
      create.set_transfer_id(random_id());
      const auto from = draw<std::size_t>(0, kStores.size());
      create.set_from_store_id(kStores[from]);
      create.set_to_store_id(kStores[draw(0, 8) == 0 ? from : 1 - from]);
      fill_lines(create);
      break;
    }
    case 3:
    case 4:
    case 5:
      command.mutable_ship_transfer()->set_transfer_id(random_id());
      break;
    case 6:
      command.mutable_cancel_transfer()->set_transfer_id(random_id());
      break;
    default: {
      auto& receive = *command.mutable_receive_transfer();
      receive.set_transfer_id(random_id());
      receive.set_receipt_id(step_id(step));
      auto& line = *receive.add_lines();
      line.set_sku(one_of(kArticles));
      line.set_received_e5(draw<std::int64_t>(0, 4) * 100'000);
      line.set_damaged_e5(draw<std::int64_t>(0, 2) * 100'000);
      line.set_cancelled_e5(draw<std::int64_t>(0, 2) * 100'000);
    }
  }
  return command;
}

}  // namespace

std::string step_id(int step) {
  return "N" + std::to_string(step);
}

std::string shared_id(int number) {
  return "D" + std::to_string(number);
}

void open_stores(MemoryTill& till) {
  Command command;
  for (const std::string& store : kStores) {
    command.mutable_upsert_store()->set_store_id(store);
    must(till, command);
    command.mutable_register_terminal()->set_store_id(store);
    command.mutable_register_terminal()->set_terminal_id("T" + store);
    must(till, command);
  }
  for (const std::string& sku : kArticles) {
    auto& product = *command.mutable_upsert_product();
    product.set_sku(sku);
    product.mutable_unit_price()->set_amount(0);
    product.mutable_unit_price()->set_currency("EUR");
    must(till, command);
  }
  command.mutable_define_kit()->set_sku("KIT");
  for (const char* sku : {"A", "B"}) {
    auto& component = *command.mutable_define_kit()->add_components();
    component.set_sku(sku);
    component.set_quantity_e5(200'000);
  }
  must(till, command);
  for (const std::string& store : kStores) {
    auto& receipt = *command.mutable_receive_stock();
    receipt.set_receipt_id("first-" + store);
    receipt.set_store_id(store);
    for (const std::string& sku : kArticles) {
      receipt.add_lines()->set_sku(sku);
      receipt.mutable_lines(receipt.lines_size() - 1)->set_quantity_e5(kOpeningE5);
    }
    must(till, command);
    command.Clear();
  }
}

Command random_stock_command(int step, std::int64_t now_us, const std::array<std::uint64_t, 2>& sequence) {
  switch (draw(0, 5)) {
    case 0: {
      const auto store = draw<std::size_t>(0, kStores.size());
      if (draw(0, 4) == 0) return void_of(kStores[store], draw<std::uint64_t>(0, sequence[store] + 1));
      return sale(kStores[store], sequence[store] + 1, now_us);
    }
    case 1:
      return reservation_command(now_us);
    case 2:
      return count_command(now_us);
    case 3:
      return transfer_command(step);
    default:
      return stock_command(step);
  }
}

}  // namespace till::testing
