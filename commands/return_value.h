// What goods are worth that come back: what was paid for them.
#pragma once

#include "commands/rules.h"

namespace till {

using ReturnLines = google::protobuf::RepeatedPtrField<schema::ReturnLine>;

// The sale that goods come back of.
struct ReturnSource {
  const schema::SaleCompleted& sale;
  const schema::SaleReturnsState* ledger = nullptr;  // what earlier returns took; null: nothing
  bool voided = false;                               // nothing is left of it
};

// Writes the lines, tax rows and sums that `wanted` takes back of `source` into the receipt of `started`, with a
// handling each, and what that takes of the sale's ledger into `taken`.
//
// R1: of no line more comes back than was sold. R5: a part of a line is worth its share of what was paid for the line,
// after its discount, with its tax at the amount of then; what comes back last takes the remainder, so that all parts
// together are worth exactly what was paid. Discount, net, taxes, cost and each tax row are shared so. R4: the piece
// that comes back is the one that was sold.
//
// Offline the goods are back, whatever others took meanwhile: what is not left of the line any more is noted, stands as
// `over` in the line's handling and is not taken from the ledger, so that R1 and R5 hold of what is. Such a line is
// worth what the till, which could not know, gave for it: the share of its whole quantity, as if it were the first to
// come back. More than was ever sold is refused there too, for that stands on the receipt. Another piece is noted.
//
// Refused at /`list`: VALIDATION_FAILED where no line is wanted, LINE_ID_DUPLICATE, RETURN_LINE_NOT_FOUND,
// QUANTITY_INVALID, SERIAL_MISMATCH, RETURN_EXCEEDS_SOLD. A refused receipt is half filled and worth nothing.
Refusal value_return(const Deciding& deciding, const ReturnSource& source, const ReturnLines& wanted,
                     std::string_view list, schema::ReturnStarted& started, schema::SaleReturnMoved& taken);

// For evolve: adds `sign` times what was moved to the ledger.
void add_taken(schema::SaleReturnsState& ledger, const schema::SaleReturnMoved& moved, int sign);

// The ledger's row of a line of the sale, counted from 1; null where nothing of it came back.
const schema::SaleReturnsState::Line* find_taken(const schema::SaleReturnsState* ledger, std::uint32_t line_no);

}  // namespace till
