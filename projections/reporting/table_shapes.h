// How the program writes each table: key columns, value columns, and what a second row of a key means.
#pragma once

#include <array>
#include <string_view>

#include "projections/reporting/insert.h"

namespace till::reporting {

using Names = std::string_view;

inline constexpr std::array kSaleKeys{Names("tenant_id"), Names("sale_id"), Names("kind")};
inline constexpr std::array kSaleValues{
    Names("store_id"),    Names("terminal_id"),   Names("terminal_seq"),     Names("employee_id"),
    Names("customer_id"), Names("business_date"), Names("completed_at_utc"), Names("local_hour"),
    Names("currency"),    Names("gross"),         Names("discount"),         Names("net"),
    Names("tax"),         Names("total"),         Names("cogs_e4"),          Names("units_e5"),
    Names("line_count"),  Names("position")};
inline constexpr std::array kLineKeys{Names("tenant_id"), Names("business_date"), Names("position"), Names("line_no")};
inline constexpr std::array kLineValues{
    Names("sale_id"),     Names("kind"),   Names("line_id"),       Names("store_id"), Names("sku"),
    Names("category_id"), Names("qty_e5"), Names("unit_price_e4"), Names("currency"), Names("gross"),
    Names("discount"),    Names("net"),    Names("tax"),           Names("tax_code"), Names("cogs_e4")};
inline constexpr std::array kSequenceKeys{Names("tenant_id"), Names("business_date"), Names("position"), Names("seq")};
inline constexpr std::array kTaxValues{Names("sale_id"),  Names("kind"),    Names("store_id"), Names("tax_code"),
                                       Names("currency"), Names("taxable"), Names("tax")};
inline constexpr std::array kTenderValues{Names("sale_id"),  Names("kind"),   Names("store_id"), Names("tender_type"),
                                          Names("currency"), Names("amount"), Names("tendered"), Names("change_given"),
                                          Names("units_e5"), Names("gross"),  Names("discount"), Names("net"),
                                          Names("tax")};
inline constexpr std::array kMoveValues{Names("store_id"),         Names("sku"),          Names("kind"),
                                        Names("reason"),           Names("document_id"),  Names("qty_e5"),
                                        Names("on_hand_after_e5"), Names("unit_cost_e4"), Names("currency"),
                                        Names("occurred_at")};
inline constexpr std::array kStoreKeys{Names("tenant_id"), Names("store_id")};
inline constexpr std::array kStoreValues{Names("name"), Names("position")};
inline constexpr std::array kProductKeys{Names("tenant_id"), Names("sku")};
inline constexpr std::array kProductValues{Names("name"),         Names("category_id"), Names("unit_price_e4"),
                                           Names("unit_cost_e4"), Names("currency"),    Names("tax_code"),
                                           Names("position")};
inline constexpr std::array kCustomerKeys{Names("tenant_id"), Names("customer_id")};
inline constexpr std::array kCustomerValues{Names("position")};
inline constexpr std::array kStockKeys{Names("tenant_id"), Names("store_id"), Names("sku")};
inline constexpr std::array kStockValues{Names("on_hand_e5"), Names("position")};
inline constexpr std::array kStoreDayKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                          Names("currency")};
inline constexpr std::array kStoreHourKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                           Names("local_hour"), Names("currency")};
inline constexpr std::array kSkuDayKeys{Names("tenant_id"), Names("business_date"), Names("sku"), Names("currency")};
inline constexpr std::array kCategoryDayKeys{Names("tenant_id"), Names("business_date"), Names("category_id"),
                                             Names("currency")};
inline constexpr std::array kTenderDayKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                           Names("tender_type"), Names("currency")};

inline constexpr TableShape kSaleTable{"f_sale", kSaleKeys, kSaleValues, OnDuplicate::kFail};
inline constexpr TableShape kLineTable{"f_line", kLineKeys, kLineValues, OnDuplicate::kFail};
inline constexpr TableShape kTaxTable{"f_tax", kSequenceKeys, kTaxValues, OnDuplicate::kFail};
inline constexpr TableShape kTenderTable{"f_tender", kSequenceKeys, kTenderValues, OnDuplicate::kFail};
inline constexpr TableShape kMoveTable{"f_stock_move", kSequenceKeys, kMoveValues, OnDuplicate::kFail};
inline constexpr TableShape kStockTable{"s_stock", kStockKeys, kStockValues, OnDuplicate::kReplace};
inline constexpr TableShape kStoreTable{"d_store", kStoreKeys, kStoreValues, OnDuplicate::kReplace};
inline constexpr TableShape kProductTable{"d_product", kProductKeys, kProductValues, OnDuplicate::kReplace};
inline constexpr TableShape kCustomerTable{"d_customer", kCustomerKeys, kCustomerValues, OnDuplicate::kFail};

}  // namespace till::reporting
