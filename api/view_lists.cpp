// The questions of view_queries.h that take more than one look at the read cache: receipts, lists, what goes on now.
#include <map>
#include <utility>

#include "api/product_view.h"
#include "api/receipt.h"
#include "api/view_queries.h"
#include "commands/money.h"
#include "commands/retail_domain.h"
#include "commands/store.h"
#include "projections/read_cache/read_cache.h"
#include "projections/read_cache/sale_view.h"

namespace till {
namespace {

// Shifts that a dashboard counts; keeps it quick whatever a tenant leaves open.
constexpr std::size_t kOpenShiftsCounted = 1000;

constexpr EntityKind entity_kind(schema::Kind kind) {
  return EntityKind(static_cast<std::uint16_t>(kind));
}

template <class State>
const State& state_of(const EntityRow& row) {
  return static_cast<const State&>(*row.state);
}

schema::ProductView product_view(const schema::ProductState& state) {
  const schema::ProductUpserted& product = state.product();
  schema::ProductView view = view_of_product(product);
  if (product.has_unit_cost_e4()) set_price(*view.mutable_unit_cost(), product.unit_cost_e4(), product.currency());
  view.set_version(state.version());
  view.set_discontinued(state.discontinued());
  view.set_recalled(state.recalled());
  *view.mutable_recalled_batches() = state.recalled_batches();
  return view;
}

schema::Receipt::State state_of_return(schema::ReturnState::Status status) {
  switch (status) {
    case schema::ReturnState::COMPLETED:
      return schema::Receipt::COMPLETED;
    case schema::ReturnState::CANCELLED:
      return schema::Receipt::CANCELLED;
    default:
      return schema::Receipt::STARTED;
  }
}

// Terminal sequence, time and payments are known where the receipt in the state has them.
schema::Receipt receipt_of(const schema::ReturnState& state, const LogId& log_id) {
  schema::CachedSale goods;
  *goods.mutable_sale() = state.receipt();
  schema::Receipt receipt = make_receipt(read_cache::make_sale_view(goods, log_id));
  receipt.set_kind(schema::Receipt::RETURN);
  receipt.set_state(state_of_return(state.status()));
  receipt.set_receipt_id(state.return_id());
  if (!state.source_sale_id().empty()) receipt.set_source_sale_id(state.source_sale_id());
  receipt.clear_position();
  return receipt;
}

template <class Message, class Page>
Paged<Message> paged(const AsOf<Page>& page) {
  Paged<Message> out;
  out.at = page.at;
  if (page.value.more) out.next = page.value.last;
  return out;
}

}  // namespace

Status ViewQueries::add_names(std::string_view tenant, schema::Receipt& receipt) {
  std::set<std::string> skus;
  for (const schema::Receipt::Line& line : receipt.lines()) skus.insert(line.sku());
  const auto products = products_of(tenant, skus);
  if (!products.ok()) return products.error();
  std::map<std::string_view, std::string_view> names;
  for (const schema::ProductView& product : products.value()) names.emplace(product.sku(), product.name());
  for (schema::Receipt::Line& line : *receipt.mutable_lines()) {
    const auto name = names.find(line.sku());
    if (name != names.end()) line.set_name(std::string(name->second));
  }
  const auto store = cache_.entity(tenant, entity_kind(schema::STORE), receipt.store_id());
  if (!store.ok()) return store.error();
  if (store->value) receipt.set_store_name(state_of<schema::StoreState>(*store->value).name());
  return {};
}

Result<Lookup<schema::Receipt>> ViewQueries::sale_receipt(std::string_view tenant, std::string_view sale_id) {
  const auto sale = cache_.sale(tenant, sale_id);
  if (!sale.ok()) return sale.error();
  Lookup<schema::Receipt> out{std::nullopt, sale->at};
  if (!sale->value) return out;
  out.message = make_receipt(*sale->value);
  const auto copies = cache_.entity(tenant, entity_kind(schema::RECEIPT_COPIES), sale_id);
  if (!copies.ok()) return copies.error();
  if (copies->value) out.message->set_copies(state_of<schema::ReceiptCopiesState>(*copies->value).copies());
  if (Status named = add_names(tenant, *out.message); !named.ok()) return named.error();
  return out;
}

Result<Lookup<schema::Receipt>> ViewQueries::return_receipt(std::string_view tenant, std::string_view return_id) {
  const auto found = cache_.entity(tenant, entity_kind(schema::RETURN), return_id);
  if (!found.ok()) return found.error();
  Lookup<schema::Receipt> out{std::nullopt, found->at};
  if (!found->value) return out;
  out.message = receipt_of(state_of<schema::ReturnState>(*found->value), found->at.log_id);
  if (Status named = add_names(tenant, *out.message); !named.ok()) return named.error();
  return out;
}

Result<Lookup<schema::ProductView>> ViewQueries::product(std::string_view tenant, std::string_view sku,
                                                         const std::optional<AsOfPoint>& as_of) {
  const auto found = entity(tenant, entity_kind(schema::PRODUCT), sku, as_of);
  if (!found.ok()) return found.error();
  Lookup<schema::ProductView> out{std::nullopt, found->at};
  if (found->message) out.message = product_view(static_cast<const schema::ProductState&>(*found->message->state));
  return out;
}

Result<std::vector<schema::ProductView>> ViewQueries::products_of(std::string_view tenant,
                                                                  const std::set<std::string>& skus) {
  const std::vector<std::string> ids(skus.begin(), skus.end());
  const auto found = cache_.entities(tenant, entity_kind(schema::PRODUCT), ids);
  if (!found.ok()) return found.error();
  std::vector<schema::ProductView> products;
  for (const EntityPage::Item& item : found->value.items) {
    if (item.row) products.push_back(product_view(state_of<schema::ProductState>(*item.row)));
  }
  return products;
}

Result<Paged<schema::ProductList>> ViewQueries::products(std::string_view tenant, const PageRequest& page) {
  const auto found = cache_.entities(tenant, entity_kind(schema::PRODUCT), page.after, page.limit);
  if (!found.ok()) return found.error();
  auto out = paged<schema::ProductList>(*found);
  for (const EntityPage::Item& item : found->value.items) {
    if (item.row) *out.message.add_products() = product_view(state_of<schema::ProductState>(*item.row));
  }
  return out;
}

Result<Paged<schema::LowStock>> ViewQueries::low_stock(std::string_view tenant, std::string_view store_id,
                                                       const PageRequest& page) {
  const auto found = cache_.low_stock(tenant, store_id, page.after, page.limit);
  if (!found.ok()) return found.error();
  auto out = paged<schema::LowStock>(*found);
  out.message.set_store_id(std::string(store_id));
  for (const LowStockPage::Item& low : found->value.items) {
    schema::LowStock::Item& item = *out.message.add_items();
    item.set_sku(low.sku);
    item.set_on_hand_e5(low.on_hand_e5);
    item.set_available_e5(low.available_e5);
    item.set_point_e5(low.point_e5);
    if (low.target_e5) item.set_target_e5(*low.target_e5);
  }
  return out;
}

// E1: a session ends without an event, and one that was revoked as well.
Result<bool> ViewQueries::is_usable(std::string_view tenant, const schema::SessionState& session) {
  if (session.status() == schema::SessionState::ENDED || session.expires_at_us() <= clock_().value()) return false;
  const auto employee = cache_.entity(tenant, entity_kind(schema::EMPLOYEE), session.employee_id());
  if (!employee.ok()) return employee.error();
  if (!employee->value) return false;
  const auto& state = state_of<schema::EmployeeState>(*employee->value);
  return !state.disabled() && state.session_epoch() == session.session_epoch();
}

Result<Paged<schema::SessionList>> ViewQueries::open_sessions(std::string_view tenant, std::string_view store_id,
                                                              const PageRequest& page) {
  const Micros now = clock_();
  const EntityKind kind = entity_kind(schema::SESSION);
  const auto found = cache_.open_entities(tenant, kind, store_id, page.after, now, page.limit);
  if (!found.ok()) return found.error();
  auto out = paged<schema::SessionList>(*found);
  out.message.set_store_id(std::string(store_id));
  for (const EntityPage::Item& item : found->value.items) {
    if (!item.row) continue;
    const auto& session = state_of<schema::SessionState>(*item.row);
    const auto usable = is_usable(tenant, session);
    if (!usable.ok()) return usable.error();
    const SessionTouches::Session touched{tenant, item.id, item.row->version, Micros(session.expires_at_us())};
    if (usable.value() && !cache_.touches().has_idled_out(touched, now)) *out.message.add_sessions() = session;
  }
  return out;
}

Result<Paged<schema::ShiftList>> ViewQueries::open_shifts(std::string_view tenant, std::string_view store_id,
                                                          schema::ShiftState::Status status, const PageRequest& page) {
  const EntityKind kind = entity_kind(schema::SHIFT);
  auto found = cache_.open_entities(tenant, kind, store_id, page.after, Micros(), page.limit);
  if (!found.ok()) return found.error();
  auto out = paged<schema::ShiftList>(*found);
  out.message.set_store_id(std::string(store_id));
  for (EntityPage::Item& item : found->value.items) {
    if (!item.row) continue;
    const auto& shift = state_of<schema::ShiftState>(*item.row);
    if (status != schema::ShiftState::STATUS_UNSPECIFIED && shift.status() != status) continue;
    hide_from_clients(kind, *item.row->state);
    *out.message.add_shifts() = shift;
  }
  return out;
}

Result<TouchAnswer> ViewQueries::touch_session(std::string_view tenant, std::string_view session_id,
                                               std::string_view bound_terminal) {
  const auto found = cache_.entity(tenant, entity_kind(schema::SESSION), session_id);
  if (!found.ok()) return found.error();
  TouchAnswer out;
  out.at = found->at;
  out.refused = schema::SESSION_NOT_FOUND;
  if (!found->value) return out;
  const auto& session = state_of<schema::SessionState>(*found->value);
  out.refused = schema::TERMINAL_NOT_PERMITTED;
  if (!bound_terminal.empty() && session.terminal_id() != bound_terminal) return out;
  const auto usable = is_usable(tenant, session);
  if (!usable.ok()) return usable.error();
  out.refused = schema::SESSION_EXPIRED;
  if (!usable.value()) return out;
  out.refused = schema::SESSION_LOCKED;
  if (session.status() == schema::SessionState::LOCKED) return out;
  const Micros now = clock_();
  const Micros until(now.value() + std::chrono::microseconds(kSessionIdle).count());
  const SessionTouches::Session touched{tenant, session_id, found->value->version, Micros(session.expires_at_us())};
  const auto idle_until = cache_.touches().touch(touched, now, until);
  out.refused = schema::SESSION_EXPIRED;
  if (!idle_until) return out;
  out.refused = schema::ERROR_UNSPECIFIED;
  out.touch.set_session_id(std::string(session_id));
  out.touch.set_idle_until_us(idle_until->value());
  out.touch.set_expires_at_us(session.expires_at_us());
  return out;
}

// The hour that the clock shows there now, on the day that the dashboard is of.
Status ViewQueries::add_live(std::string_view tenant, std::string_view store_id, schema::Dashboard& dashboard) {
  const auto shifts = cache_.open_shifts(tenant, store_id, kOpenShiftsCounted);
  if (!shifts.ok()) return shifts.error();
  dashboard.set_open_shifts(static_cast<std::int64_t>(shifts.value()));
  const EntityKind kind = entity_kind(schema::STORE);
  const std::vector<std::string> named{std::string(store_id)};
  const auto stores = store_id.empty() ? cache_.entities(tenant, kind, {}, 1) : cache_.entities(tenant, kind, named);
  // A cache without entities has no stores either.
  if (!stores.ok() || stores->value.items.empty() || !stores->value.items.front().row) return {};
  const auto& store = state_of<schema::StoreState>(*stores->value.items.front().row);
  const BusinessTime now = business_time_of(store, clock_(), zones_);
  if (now.business_date != dashboard.business_date()) return {};
  schema::Dashboard::Hour& hour = *dashboard.mutable_this_hour();
  hour.set_hour(now.local_hour);
  if (dashboard.has_net()) set_money(*hour.mutable_net(), 0, dashboard.net().currency());
  for (const schema::Dashboard::Hour& known : dashboard.hours()) {
    if (known.hour() == now.local_hour && known.net().currency() == hour.net().currency()) hour = known;
  }
  return {};
}

}  // namespace till
