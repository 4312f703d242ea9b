// Goods that come back: a return is started, which keeps the quantities of the sale for it, and then completed or given
// up. Streams: return/<return_id>, sale_returns/<sale_id> (what returns took of a sale, in whatever store: the place
// where R1 is kept), unlinked_returns/<customer_id>.
//
// R1 holds of the ledger always. What a till took back while it was away and the ledger had no more to give stands
// beside it, as `over` in the return's handling: of each line of a sale, quantity less over of all its returns is what
// the ledger has taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/return_value.h"
#include "commands/rules.h"

namespace till {

const Aggregate& sale_return_aggregate();

// As large as the receipt of a return may be: its entity keeps the receipt, and its lines once more for who looks.
inline constexpr std::size_t kReturnBytesMost = 20 * 1024;

// For needs(): what returns took of a sale.
void need_returns(std::string_view sale_id, std::vector<EntityRef>& out);

// Null where nothing of the sale came back.
const schema::SaleReturnsState* sale_returns(BooksReader& books, std::string_view sale_id);

// Whether a return keeps something of the sale, or has taken it.
bool has_returns(BooksReader& books, std::string_view sale_id);

// For needs().
void need_return(std::string_view return_id, std::vector<EntityRef>& out);

// RETURN_NOT_FOUND at /return_id, TERMINAL_NOT_PERMITTED where the key is bound to another terminal, or the return.
Refusal find_return(const Deciding& deciding, std::string_view return_id, const schema::ReturnState*& found);

// What a return id that is taken already leads to; nothing where it is new.
std::optional<Decision> decide_started(const Deciding& deciding, const std::string& return_id);

// A return of a sale's lines, as a command asks for it.
struct ReturnRequest {
  const std::string& return_id;
  const std::string& sale_id;
  const std::string& store_id;
  const std::string& terminal_id;
  const ReturnLines& lines;
  std::string_view list;          // of the command, for pointers
  std::string_view sale_pointer;  // likewise
  Micros at;                      // when the goods came back
};

// Adds the events that start the return, the first of which is return_started. SOURCE_SALE_NOT_FOUND,
// SALE_ALREADY_VOIDED, R2 RETURN_WINDOW_CLOSED, R3 NOT_RETURNABLE, TRANSACTION_TOO_LARGE, the refusals of
// value_return(). Offline the goods are back: SALE_ALREADY_VOIDED, R2 and R3 are noted, as is what value_return() says.
Refusal start_return(const Deciding& deciding, const ReturnRequest& request, const schema::StoreState& store,
                     Acceptance& accepted);

// TRANSACTION_TOO_LARGE at /`list`.
Refusal check_return_size(const schema::SaleCompleted& receipt, std::string_view list);

// Goods of a return go back on the shelf where nothing else is said.
schema::Disposition::Place place_of(schema::Disposition::Place stated, schema::Disposition::Place otherwise);

// VALIDATION_FAILED at the line where a reason or a place is none.
Refusal check_handling(schema::ReturnReason::Value reason, schema::Disposition::Place place, std::string_view list,
                       std::size_t index);

// The answer with the return's id and its worth.
void write_return_answer(const schema::SaleCompleted& receipt, const std::string& return_id, schema::Answer& answer);

}  // namespace till
