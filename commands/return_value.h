// What goods are worth that come back: what was paid for them.
#pragma once

#include "commands/rules.h"

namespace till {

using ReturnLines = google::protobuf::RepeatedPtrField<schema::ReturnLine>;

// Writes the lines, tax rows and sums that `wanted` takes back of `sale` into `receipt`, and what that takes of the
// sale's ledger into `taken`. `ledger` is what earlier returns took; null: nothing.
//
// R1: of no line more comes back than was sold. R5: a part of a line is worth its share of what was paid for the line,
// after its discount, with its tax at the amount of then; what comes back last takes the remainder, so that all parts
// together are worth exactly what was paid. Discount, net, taxes, cost and each tax row are shared so. R4: the piece
// that comes back is the one that was sold.
//
// Refused at /`list`: VALIDATION_FAILED where no line is wanted, LINE_ID_DUPLICATE, RETURN_LINE_NOT_FOUND,
// QUANTITY_INVALID, SERIAL_MISMATCH, RETURN_EXCEEDS_SOLD. A refused receipt is half filled and worth nothing.
Refusal value_return(const schema::SaleCompleted& sale, const schema::SaleReturnsState* ledger,
                     const ReturnLines& wanted, std::string_view list, schema::SaleCompleted& receipt,
                     schema::SaleReturnMoved& taken);

// For evolve: adds `sign` times what was moved to the ledger.
void add_taken(schema::SaleReturnsState& ledger, const schema::SaleReturnMoved& moved, int sign);

// The ledger's row of a line of the sale, counted from 1; null where nothing of it came back.
const schema::SaleReturnsState::Line* find_taken(const schema::SaleReturnsState* ledger, std::uint32_t line_no);

}  // namespace till
