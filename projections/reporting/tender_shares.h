// What of a sale each of its tenders paid for, so that a report by tender adds up like every other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/events.pb.h"

namespace till::reporting {

// Over the shares of one sale each column adds up to the sale's; in each share gross - discount = net, and net + tax =
// amount where the sale has no charges, tip, gift cards sold or cash rounding.
struct TenderShare {
  std::string type;           // CASH, CARD, …; NONE for a sale that nothing was paid for
  std::int64_t tendered = 0;  // as handed over
  std::int64_t amount = 0;    // less the change
  std::int64_t units_e5 = 0;
  std::int64_t gross = 0;
  std::int64_t discount = 0;
  std::int64_t net = 0;
  std::int64_t tax = 0;
  std::int64_t cogs_e4 = 0;
};

// CASH, CARD, …
std::string tender_name(schema::Tender::Type type);

// In the order of the tenders, at least one. Change is taken off the cash tenders, the last one first, and off others
// only where there is not cash enough. Units, discount, tax and costs go by amount, by largest remainder.
std::vector<TenderShare> tender_shares(const schema::SaleCompleted& sale);

// The types that corrections have found. What each tender paid for stays.
void retype(const google::protobuf::RepeatedPtrField<schema::RetypedTender>& retyped, std::vector<TenderShare>& shares);

}  // namespace till::reporting
