// Read routes that answer pages, receipts and products, and what a sale shows whole; see read_handlers.h.
#include <set>
#include <utility>

#include "api/cursor.h"
#include "api/personal_data.h"
#include "api/read_details.h"
#include "api/read_handlers.h"
#include "api/reply.h"

namespace till {

HttpResponse ReadHandlers::receipt(const ReadRequest& read, const Result<Lookup<schema::Receipt>>& result,
                                   schema::ErrorCode missing_code) const {
  if (!result.ok()) return view_unavailable(read);
  const Lookup<schema::Receipt>& lookup = result.value();
  if (!lookup.message) return missing(read, missing_code, lookup.at);
  if (read.receipt_form == ReceiptForm::kData) return found(read, *lookup.message, lookup.at);
  const bool as_page = read.receipt_form == ReceiptForm::kHtml;
  HttpResponse response;
  response.content_type = content_type_of(read.receipt_form);
  response.body = as_page ? receipt_html(*lookup.message) : receipt_text(*lookup.message);
  // A name that looked like markup would still do nothing.
  if (as_page)
    response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.headers.emplace_back("Vary", "Accept");
  set_position(response, parts_.text_of(lookup.at));
  return response;
}

HttpResponse ReadHandlers::product(const ReadRequest& read) {
  const auto result = parts_.queries.product(read.tenant, read.id, read.as_of);
  if (!result.ok()) return view_unavailable(read);
  const Lookup<schema::ProductView>& lookup = result.value();
  if (!lookup.message) return missing(read, schema::NOT_FOUND, lookup.at);
  HttpResponse response = found(read, *lookup.message, lookup.at);
  response.headers.emplace_back("ETag", entity_tag(StreamVersion(lookup.message->version())));
  return response;
}

HttpResponse ReadHandlers::touch(const ReadRequest& read) {
  const auto result = parts_.queries.touch_session(read.tenant, read.id, read.bound_terminal);
  if (!result.ok()) return view_unavailable(read);
  const TouchAnswer& answer = result.value();
  if (answer.refused != schema::ERROR_UNSPECIFIED) return missing(read, answer.refused, answer.at);
  return found(read, answer.touch, answer.at);
}

HttpResponse ReadHandlers::dead_letter(const ReadRequest& read) {
  const auto result = parts_.queries.dead_letter(read.tenant, read.id);
  if (!result.ok()) return view_unavailable(read);
  if (!result->message) return missing(read, read.missing_code, result->at);
  return found(read, *result->message, result->at);
}

HttpResponse ReadHandlers::webhook_deliveries(const ReadRequest& read) {
  auto result = parts_.queries.webhook_deliveries(read.tenant, read.id, read.page);
  if (!result.ok()) return view_unavailable(read);
  if (!result->message) return missing(read, read.missing_code, result->at);
  return page(read, Result<Paged<schema::WebhookDeliveryList>>(std::move(*result->message)));
}

template <class Message>
HttpResponse ReadHandlers::page(const ReadRequest& read, Result<Paged<Message>>&& result) const {
  if (!result.ok()) return view_unavailable(read);
  Paged<Message>& out = result.value();
  out.message.set_has_more(!out.next.empty());
  if (!out.next.empty()) out.message.set_next_cursor(make_cursor(read.list, out.next));
  clear_internal(out.message);
  return found(read, out.message, out.at);
}

template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::ProductList>>&&) const;
template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::LowStock>>&&) const;
template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::SessionList>>&&) const;
template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::ShiftList>>&&) const;
template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::DeadLetterList>>&&) const;
template HttpResponse ReadHandlers::page(const ReadRequest&, Result<Paged<schema::WebhookDeliveryList>>&&) const;

bool ReadHandlers::open(const ReadRequest& read, std::string_view customer_id, SealedCustomer& customer) {
  const auto person = open_personal_data(parts_.person_keys, read.tenant, customer_id, customer.sealed);
  if (!person.ok()) return false;
  if (!person->name().empty()) customer.view.set_name(person->name());
  if (!person->email().empty()) customer.view.set_email(person->email());
  if (!person->phone().empty()) customer.view.set_phone(person->phone());
  return true;
}

// An erased customer is not shown, and neither is a product that the catalogue has not: the ids stand in the sale.
bool ReadHandlers::expand(const ReadRequest& read, schema::SaleView& sale) {
  if (read.expands_customer && sale.has_customer_id()) {
    auto customer = parts_.queries.customer(read.tenant, sale.customer_id());
    if (!customer.ok()) return false;
    std::optional<SealedCustomer>& there = customer->message;
    const bool shown = there && !there->erased;
    if (shown && !open(read, sale.customer_id(), *there)) return false;
    if (shown) *sale.mutable_customer() = std::move(there->view);
  }
  if (!read.expands_products) return true;
  std::set<std::string> skus;
  for (const schema::SaleView::Line& line : sale.lines()) skus.insert(line.sku());
  const auto products = parts_.queries.products_of(read.tenant, skus);
  if (!products.ok()) return false;
  for (schema::SaleView::Line& line : *sale.mutable_lines()) {
    for (const schema::ProductView& product : products.value()) {
      if (product.sku() == line.sku()) *line.mutable_product() = product;
    }
  }
  return true;
}

}  // namespace till
