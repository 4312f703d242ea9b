#include "api/product_view.h"

namespace till {

schema::ProductView view_of_product(const schema::ProductUpserted& product) {
  schema::ProductView view;
  view.set_sku(product.sku());
  view.set_name(product.name());
  view.set_category(product.category());
  set_price(*view.mutable_unit_price(), product.unit_price_e4(), product.currency());
  view.set_tax_code(product.tax_code());
  if (product.has_min_price_e4()) set_price(*view.mutable_min_price(), product.min_price_e4(), product.currency());
  view.set_age_restricted(product.age_restricted());
  view.set_serial_required(product.serial_required());
  view.set_batch_required(product.batch_required());
  view.set_final_sale(product.final_sale());
  view.set_version(product.version());
  return view;
}

void set_price(schema::UnitPrice& price, std::int64_t amount_e4, const std::string& currency) {
  price.set_amount_e4(amount_e4);
  price.set_currency(currency);
}

}  // namespace till
