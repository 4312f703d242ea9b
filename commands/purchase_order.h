// What was ordered from a vendor. Stream: purchase_order/<po_id>. A receipt that names an order may bring what the
// order asks for and its tolerance; an order ends when somebody closes it.
#pragma once

#include <string_view>
#include <vector>

#include "commands/rules.h"

namespace till {

// Of the longest ids the lines take 34 KiB of the entity's 64.
inline constexpr int kPurchaseOrderLinesMost = 400;

const Aggregate& purchase_order_aggregate();

// For needs(): the order, where the command names one.
void need_purchase_order(std::string_view po_id, std::vector<EntityRef>& out);

// What speaks against the receipt, whose lines were checked, where it names an order: PO_NOT_FOUND (also of another
// store) or PO_CLOSED at /po_id; SKU_NOT_LISTED or OVER_RECEIPT at the article's first line.
Refusal check_delivery(const schema::ReceiveStock& receipt, const Deciding& deciding);

// Adds the event of a receipt that names an order.
void book_delivery(const schema::ReceiveStock& receipt, const Deciding& deciding, Acceptance& accepted);

}  // namespace till
