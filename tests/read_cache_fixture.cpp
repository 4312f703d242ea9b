#include "tests/read_cache_fixture.h"

#include <catch2/catch.hpp>

#include "commands/tender_correction.h"
#include "projections/digest_difference.h"

namespace till {
namespace {

constexpr std::int64_t kOneUnit = 100'000;

schema::SaleCompleted make_sale(const SaleSpec& spec) {
  schema::SaleCompleted sale;
  sale.set_sale_id(spec.sale_id);
  sale.set_store_id(spec.store);
  sale.set_terminal_id(spec.store + "-t1");
  sale.set_business_date(spec.date);
  sale.set_local_hour(spec.hour);
  sale.set_currency(spec.currency);
  std::int64_t net = 0;
  for (const auto& [sku, amount] : spec.lines) {
    schema::SaleCompleted::Line& line = *sale.add_lines();
    line.set_line_id(std::to_string(sale.lines_size()));
    line.set_sku(sku);
    line.set_quantity_e5(kOneUnit);
    line.set_gross(amount);
    line.set_net(amount);
    net += amount;
  }
  sale.set_gross(net);
  sale.set_net(net);
  sale.set_total(net);
  sale.set_change(spec.change);
  sale.set_units_e5(kOneUnit * sale.lines_size());
  schema::SaleCompleted::Payment& tender = *sale.add_tenders();
  tender.set_type(spec.tender);
  tender.set_amount(net + spec.change);
  return sale;
}

}  // namespace

void Chain::begin(TransactionBuilder& builder, const std::string& tenant) {
  tenant_ = tenant;
  builder.record().set_tenant_seq(++sequences_[tenant]);
}

void Chain::add(TransactionBuilder& builder, std::uint32_t kind, const std::string& id, const schema::Event& event) {
  FakeFeed::add_event(builder, kind, id, ++versions_[tenant_ + "|" + std::to_string(kind) + "|" + id], event);
}

std::int64_t Chain::move_stock(const std::string& tenant, const std::string& id, std::int64_t change_e5) {
  return on_hand_e5_[tenant + "|" + id] += change_e5;
}

Position Chain::receive(const std::string& tenant, const std::string& store, const std::string& sku,
                        std::int64_t quantity_e5) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    schema::Event event;
    schema::StockReceived& stock = *event.mutable_stock_received();
    stock.set_store_id(store);
    stock.set_sku(sku);
    stock.set_quantity_e5(quantity_e5);
    stock.set_on_hand_after_e5(move_stock(tenant, store + "/" + sku, quantity_e5));
    add(builder, schema::STOCK, store + "/" + sku, event);
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::append(const std::string& tenant, const std::string& store, const std::string& sku,
                       const schema::Event& event) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    add(builder, schema::STOCK, store + "/" + sku, event);
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::sell(const std::string& tenant, const SaleSpec& spec) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    schema::Event event;
    *event.mutable_sale_completed() = make_sale(spec);
    sales_[tenant + "|" + spec.sale_id] = event.sale_completed();
    add(builder, schema::SALE, spec.sale_id, event);
    for (const auto& [sku, amount] : spec.lines) {
      schema::StockIssued& stock = *event.mutable_stock_issued();
      stock.set_store_id(spec.store);
      stock.set_sku(sku);
      stock.set_quantity_e5(kOneUnit);
      stock.set_sale_id(spec.sale_id);
      stock.set_on_hand_after_e5(move_stock(tenant, spec.store + "/" + sku, -kOneUnit));
      add(builder, schema::STOCK, spec.store + "/" + sku, event);
    }
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::correct_tender(const std::string& tenant, const std::string& sale_id, schema::Tender::Type to,
                               bool told) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    const schema::SaleCompleted original = sales_.at(tenant + "|" + sale_id);
    schema::SaleState& state = states_[tenant + "|" + sale_id];
    schema::Event event;
    schema::TenderCorrected& fact = *event.mutable_sale_tender_corrected();
    fact.set_sale_id(sale_id);
    fact.set_from(with_corrections(state, original).tenders(0).type());
    fact.set_to(to);
    fact.set_currency(original.currency());
    fact.set_amount(original.tenders(0).amount());
    if (told) {
      *fact.mutable_original() = original;
      write_corrections(state, *fact.mutable_retyped());
    }
    for (const EventRule& rule : tender_correction_aggregate().events) {
      if (rule.event == event.event_case()) rule.evolve(state, event, builder.record());
    }
    add(builder, schema::SALE, sale_id, event);
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::void_sale(const std::string& tenant, const std::string& sale_id, const std::string& reason) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    const schema::SaleCompleted original = sales_.at(tenant + "|" + sale_id);
    schema::Event event;
    event.mutable_sale_voided()->set_sale_id(sale_id);
    event.mutable_sale_voided()->set_reason(reason);
    *event.mutable_sale_voided()->mutable_original() = original;
    write_corrections(states_[tenant + "|" + sale_id], *event.mutable_sale_voided()->mutable_retyped());
    add(builder, schema::SALE, sale_id, event);
    for (const schema::SaleCompleted::Line& line : original.lines()) {
      const std::string id = original.store_id() + "/" + line.sku();
      schema::StockRestored& stock = *event.mutable_stock_restored();
      stock.set_store_id(original.store_id());
      stock.set_sku(line.sku());
      stock.set_quantity_e5(line.quantity_e5());
      stock.set_sale_id(sale_id);
      stock.set_on_hand_after_e5(move_stock(tenant, id, line.quantity_e5()));
      add(builder, schema::STOCK, id, event);
    }
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::give_back(const std::string& tenant, const SaleSpec& spec) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    schema::Event event;
    event.mutable_return_completed()->set_return_id(spec.sale_id);
    *event.mutable_return_completed()->mutable_receipt() = make_sale(spec);
    add(builder, schema::RETURN, spec.sale_id, event);
  };
  return feed_.append(tenant, fill)->position();
}

Position Chain::register_customer(const std::string& tenant, const std::string& customer_id,
                                  const std::string& sealed) {
  schema::Event event;
  event.mutable_customer_registered()->set_customer_id(customer_id);
  event.mutable_customer_registered()->set_sealed(sealed);
  return change_customer(tenant, customer_id, event);
}

Position Chain::change_customer(const std::string& tenant, const std::string& customer_id, const schema::Event& event) {
  const auto fill = [&](TransactionBuilder& builder) {
    begin(builder, tenant);
    add(builder, schema::CUSTOMER, customer_id, event);
  };
  return feed_.append(tenant, fill)->position();
}

void Chain::sell_many(const std::string& tenant, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    SaleSpec spec;
    spec.sale_id = prefix + std::to_string(i);
    spec.store = "s" + std::to_string(1 + i % 3);
    spec.date = 20260102 + i % 2;
    spec.hour = static_cast<std::uint32_t>(8 + i % 9);
    spec.currency = i % 7 == 0 ? "EUR" : "USD";
    spec.tender = i % 4 == 0 ? schema::Tender::CASH : schema::Tender::CARD;
    spec.change = i % 4 == 0 ? 25 : 0;
    for (int line = 0; line < 3; ++line) {
      spec.lines.emplace_back("sku-" + std::to_string((i * 5 + line * 11) % 40), 100 + (i * 7 + line) % 50);
    }
    sell(tenant, spec);
    if (i % 10 == 9) void_sale(tenant, spec.sale_id, "mistake");
  }
}

Rows rows_of(ReadCache& cache) {
  Rows rows;
  REQUIRE(cache.dump([&](std::string_view key, std::string_view value) { rows.emplace_back(key, value); }).ok());
  return rows;
}

Digests telling(const Digests& digests) {
  Digests out;
  for (const auto& [key, digest] : digests) {
    Digest told = digest;
    for (const DigestField& field : kPartFields) told.*field.value = 0;  // of which no row of the cache tells
    if (told != Digest{}) out.emplace(key, told);
  }
  return out;
}

Digests log_digests(Feed& feed, Position position) {
  LogDigest digest;
  REQUIRE(advance_digest(feed, position, digest).ok());
  return digest.digests();
}

}  // namespace till
