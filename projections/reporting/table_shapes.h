// How the program writes each table: key columns, value columns, and what a second row of a key means.
#pragma once

#include <array>
#include <string_view>

#include "projections/reporting/insert.h"

namespace till::reporting {

using Names = std::string_view;

inline constexpr std::array kSaleKeys{Names("tenant_id"), Names("sale_id"), Names("kind")};
inline constexpr std::array kSaleValues{Names("store_id"),
                                        Names("terminal_id"),
                                        Names("terminal_seq"),
                                        Names("employee_id"),
                                        Names("customer_id"),
                                        Names("shift_id"),
                                        Names("business_date"),
                                        Names("completed_at_utc"),
                                        Names("local_hour"),
                                        Names("currency"),
                                        Names("gross"),
                                        Names("discount"),
                                        Names("sale_discount"),
                                        Names("employee_discount"),
                                        Names("coupon_discount"),
                                        Names("net"),
                                        Names("tax"),
                                        Names("charges"),
                                        Names("tip"),
                                        Names("gift_cards_sold"),
                                        Names("cash_rounding"),
                                        Names("total"),
                                        Names("cogs_e4"),
                                        Names("units_e5"),
                                        Names("line_count"),
                                        Names("line_voids"),
                                        Names("line_voided"),
                                        Names("return_of_sale"),
                                        Names("after_z"),
                                        Names("position")};
inline constexpr std::array kLineKeys{Names("tenant_id"), Names("business_date"), Names("position"), Names("kind"),
                                      Names("line_no")};
inline constexpr std::array kLineValues{
    Names("sale_id"),       Names("line_id"),       Names("store_id"), Names("sku"),     Names("category_id"),
    Names("qty_e5"),        Names("unit_price_e4"), Names("currency"), Names("gross"),   Names("discount"),
    Names("net"),           Names("tax"),           Names("tax_code"), Names("cogs_e4"), Names("return_of_sale"),
    Names("return_of_line")};
inline constexpr std::array kSequenceKeys{Names("tenant_id"), Names("business_date"), Names("position"), Names("seq")};
inline constexpr std::array kReceiptKeys{Names("tenant_id"), Names("business_date"), Names("position"), Names("kind"),
                                         Names("seq")};
inline constexpr std::array kTaxValues{Names("sale_id"), Names("store_id"), Names("tax_code"), Names("currency"),
                                       Names("taxable"), Names("tax"),      Names("after_z")};
inline constexpr std::array kTenderValues{
    Names("sale_id"),  Names("store_id"), Names("shift_id"), Names("tender_type"),  Names("currency"),
    Names("payments"), Names("amount"),   Names("tendered"), Names("change_given"), Names("units_e5"),
    Names("gross"),    Names("discount"), Names("net"),      Names("tax"),          Names("after_z")};
inline constexpr std::array kMoveValues{Names("store_id"),         Names("sku"),          Names("kind"),
                                        Names("reason"),           Names("document_id"),  Names("qty_e5"),
                                        Names("on_hand_after_e5"), Names("unit_cost_e4"), Names("currency"),
                                        Names("occurred_at")};
inline constexpr Names kTransitLossKeys[]{"tenant_id", "business_date", "position", "seq", "line_no"};
inline constexpr Names kTransitLossValues[]{"store_id", "from_store_id", "sku",      "transfer_id", "receipt_id",
                                            "qty_e5",   "cost_e4",       "currency", "occurred_at"};
inline constexpr std::array kStoreKeys{Names("tenant_id"), Names("store_id")};
inline constexpr std::array kStoreValues{Names("name"), Names("position")};
inline constexpr std::array kProductKeys{Names("tenant_id"), Names("sku")};
inline constexpr std::array kProductValues{Names("name"),         Names("category_id"), Names("unit_price_e4"),
                                           Names("unit_cost_e4"), Names("currency"),    Names("tax_code"),
                                           Names("position")};
inline constexpr std::array kCustomerKeys{Names("tenant_id"), Names("customer_id")};
inline constexpr std::array kCustomerValues{Names("position")};
inline constexpr std::array kStockKeys{Names("tenant_id"), Names("store_id"), Names("sku")};
inline constexpr std::array kStockValues{
    Names("on_hand_e5"),      Names("reserved_e5"),  Names("quarantine_e5"), Names("avg_cost_e4"),   Names("value_e4"),
    Names("last_receipt_e5"), Names("last_cost_e4"), Names("cost_currency"), Names("last_count_at"), Names("position")};
inline constexpr std::array kStoreDayKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                          Names("currency")};
inline constexpr std::array kStoreHourKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                           Names("local_hour"), Names("currency")};
inline constexpr std::array kSkuDayKeys{Names("tenant_id"), Names("business_date"), Names("sku"), Names("currency")};
inline constexpr std::array kCategoryDayKeys{Names("tenant_id"), Names("business_date"), Names("category_id"),
                                             Names("currency")};
inline constexpr std::array kTenderDayKeys{Names("tenant_id"), Names("business_date"), Names("store_id"),
                                           Names("tender_type"), Names("currency")};

inline constexpr Names kEmployeeDayKeys[]{"tenant_id", "business_date", "employee_id", "currency"};
inline constexpr Names kEmployeeActKeys[]{"tenant_id", "business_date", "employee_id", "act"};
inline constexpr Names kEmployeeActValues[]{"acts"};
inline constexpr Names kTaxDayKeys[]{"tenant_id", "business_date", "store_id", "tax_code", "currency"};
inline constexpr Names kTaxSumValues[]{"taxable", "tax"};
inline constexpr Names kStockDayKeys[]{"tenant_id", "business_date", "store_id", "sku", "kind", "reason"};
inline constexpr Names kStockDayValues[]{"moves", "qty_e5"};
inline constexpr Names kGiftcardDayKeys[]{"tenant_id", "business_date", "kind", "currency"};
inline constexpr Names kGiftcardDayValues[]{"moves", "amount"};
inline constexpr Names kShiftSumKeys[]{"tenant_id", "shift_id", "currency"};
inline constexpr Names kShiftSumValues[]{"sales",
                                         "voids",
                                         "returns",
                                         "unlinked_returns",
                                         "discounted_lines",
                                         "line_voids",
                                         "sold",
                                         "voided",
                                         "returned",
                                         "unlinked_returned",
                                         "line_voided",
                                         "gross",
                                         "discount",
                                         "line_discount",
                                         "sale_discount",
                                         "employee_discount",
                                         "coupon_discount",
                                         "returned_discount",
                                         "net",
                                         "tax",
                                         "charges",
                                         "tip",
                                         "gift_cards_sold",
                                         "cash_rounding",
                                         "total"};
inline constexpr Names kShiftTaxKeys[]{"tenant_id", "shift_id", "tax_code", "currency"};
inline constexpr Names kShiftTenderKeys[]{"tenant_id", "shift_id", "tender_type", "currency"};
inline constexpr Names kShiftTenderValues[]{"payments", "amount"};

inline constexpr Names kShiftKeys[]{"tenant_id", "shift_id"};
// In the order of ShiftColumn.
inline constexpr Names kShiftValues[]{"status",        "z_no",           "store_id",
                                      "terminal_id",   "employee_id",    "currency",
                                      "business_date", "opened_at_utc",  "ended_at_utc",
                                      "closed_at_utc", "opening_float",  "opening_difference",
                                      "expected",      "counted",        "counts",
                                      "to_safe",       "left_in_drawer", "grand_total",
                                      "blind_count",   "training_sales", "last_terminal_seq",
                                      "position"};
// That of the first receipt stays.
inline constexpr MergedColumn kShiftMerged[]{
    {"first_terminal_seq", "COALESCE(first_terminal_seq, VALUES(first_terminal_seq))"}};
inline constexpr Names kShiftCountKeys[]{"tenant_id", "shift_id", "tender_type"};
inline constexpr Names kShiftCountValues[]{"currency", "expected", "counted", "position"};
inline constexpr Names kCancelledKeys[]{"tenant_id", "shift_id", "sale_id"};
inline constexpr Names kCancelledValues[]{"store_id",      "terminal_id", "employee_id", "currency",
                                          "line_count",    "amount",      "line_voids",  "line_voided",
                                          "business_date", "after_z",     "position"};
inline constexpr Names kDrawerKeys[]{"tenant_id", "shift_id", "position", "seq"};
inline constexpr Names kDrawerValues[]{"kind",   "employee_id", "document_id",   "currency",
                                       "amount", "effect",      "business_date", "occurred_at"};
inline constexpr Names kGiftcardKeys[]{"tenant_id", "gift_card_id", "position", "seq"};
inline constexpr Names kAccountRowValues[]{"kind",   "store_id", "sale_id",       "currency",
                                           "amount", "balance",  "business_date", "occurred_at"};
inline constexpr Names kGiftcardNowKeys[]{"tenant_id", "gift_card_id"};
inline constexpr Names kGiftcardNowValues[]{"currency", "balance", "held", "position"};
// The day of the first row stays.
inline constexpr MergedColumn kGiftcardNowMerged[]{{"first_business_date", "first_business_date"}};
inline constexpr Names kCustomerRowKeys[]{"tenant_id", "customer_id", "position", "seq"};
inline constexpr Names kLoyaltyValues[]{"kind",     "store_id", "sale_id",       "reward_id",
                                        "points",   "debt",     "points_after",  "debt_after",
                                        "currency", "value",    "business_date", "occurred_at"};

// What is on its way is a sum.
inline constexpr MergedColumn kStockMerged[]{{"in_transit_in_e5", "in_transit_in_e5 + VALUES(in_transit_in_e5)"}};

inline constexpr TableShape kSaleTable{"f_sale", kSaleKeys, kSaleValues, OnDuplicate::kFail};
inline constexpr TableShape kLineTable{"f_line", kLineKeys, kLineValues, OnDuplicate::kFail};
inline constexpr TableShape kTaxTable{"f_tax", kReceiptKeys, kTaxValues, OnDuplicate::kFail};
inline constexpr TableShape kTenderTable{"f_tender", kReceiptKeys, kTenderValues, OnDuplicate::kFail};
inline constexpr TableShape kMoveTable{"f_stock_move", kSequenceKeys, kMoveValues, OnDuplicate::kFail};
inline constexpr TableShape kTransitLossTable{"f_transit_loss", kTransitLossKeys, kTransitLossValues,
                                              OnDuplicate::kFail};
inline constexpr TableShape kStockTable{"s_stock", kStockKeys, kStockValues, OnDuplicate::kFill, kStockMerged};
inline constexpr TableShape kStoreTable{"d_store", kStoreKeys, kStoreValues, OnDuplicate::kReplace};
inline constexpr TableShape kProductTable{"d_product", kProductKeys, kProductValues, OnDuplicate::kReplace};
inline constexpr TableShape kCustomerTable{"d_customer", kCustomerKeys, kCustomerValues, OnDuplicate::kFail};
inline constexpr TableShape kShiftTable{"d_shift", kShiftKeys, kShiftValues, OnDuplicate::kFill, kShiftMerged};
inline constexpr TableShape kShiftCountTable{"d_shift_tender", kShiftCountKeys, kShiftCountValues,
                                             OnDuplicate::kReplace};
inline constexpr TableShape kCancelledTable{"f_cancelled", kCancelledKeys, kCancelledValues, OnDuplicate::kFail};
inline constexpr TableShape kDrawerTable{"f_drawer", kDrawerKeys, kDrawerValues, OnDuplicate::kFail};
inline constexpr TableShape kGiftcardTable{"f_giftcard", kGiftcardKeys, kAccountRowValues, OnDuplicate::kFail};
inline constexpr TableShape kGiftcardNowTable{"s_giftcard", kGiftcardNowKeys, kGiftcardNowValues, OnDuplicate::kReplace,
                                              kGiftcardNowMerged};
inline constexpr TableShape kLoyaltyTable{"f_loyalty", kCustomerRowKeys, kLoyaltyValues, OnDuplicate::kFail};
inline constexpr TableShape kStoreCreditTable{"f_store_credit", kCustomerRowKeys, kAccountRowValues,
                                              OnDuplicate::kFail};
inline constexpr TableShape kAccountTable{"f_account", kCustomerRowKeys, kAccountRowValues, OnDuplicate::kFail};

}  // namespace till::reporting
