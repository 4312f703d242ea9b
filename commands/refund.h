// What a return gives back: the tenders of its receipt, and what they do to accounts of value in its transaction.
#pragma once

#include "commands/rules.h"

namespace till {

using Refunds = google::protobuf::RepeatedPtrField<schema::Refund>;

// For needs(): the gift cards; customers' accounts are known to the books only.
void need_refunds(const Refunds& refunds, std::string_view source_sale_id, std::vector<EntityRef>& out);

// Writes the refunds, after those that `receipt` has, and the rounding into it: with those they make its total.
// VALIDATION_FAILED, CURRENCY_MISMATCH, AMOUNT_INVALID, CASH_ROUNDING_INVALID, PAYMENT_AMOUNT_MISMATCH.
Refusal take_refunds(const Refunds& refunds, const schema::Money& cash_rounding, std::uint32_t rounding_step,
                     schema::SaleCompleted& receipt);

// P4: whether more goes to a kind of tender than the sale, less what went back already, was paid with.
bool crosses_tenders(const schema::SaleCompleted& receipt, const schema::SaleCompleted& sale,
                     const schema::SaleReturnsState& ledger);

// What the refunds come to by type, less rounding, for the ledger.
void sum_refunds(const schema::SaleCompleted& receipt, schema::SaleReturnMoved& moved);

// Moves what goes back to gift cards and to the accounts of the receipt's customer. P3: a card gets back at most what
// the source sale took from it: REFUND_AMOUNT_INVALID. CUSTOMER_REQUIRED, and the refusals of the accounts.
Refusal pay_refunds(const Deciding& deciding, const schema::SaleCompleted& receipt, std::string_view source_sale_id,
                    Acceptance& accepted);

// Whether a refund is kept here: on a gift card, in a customer's account, as a recorded payment.
bool pays_accounts(const schema::SaleCompleted& receipt);

// R7: takes back the points that the sale earned, in the share of its net that comes back: of what `moved` takes from
// its ledger.
Refusal take_points_back(const Deciding& deciding, const schema::SaleCompleted& receipt,
                         const schema::SaleReturnMoved& moved, const schema::SaleCompleted& sale,
                         const schema::SaleReturnsState& ledger, Acceptance& accepted);

}  // namespace till
