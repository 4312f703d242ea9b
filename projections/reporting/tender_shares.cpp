#include "projections/reporting/tender_shares.h"

#include <algorithm>

#include "projections/reporting/apportion.h"

namespace till::reporting {
namespace {

// A sale gives back cash only, and never more than it took.
void take_change(const schema::SaleCompleted& sale, std::vector<TenderShare>& shares) {
  std::int64_t change = sale.change();
  for (std::size_t i = shares.size(); i-- > 0 && change > 0;) {
    if (sale.tenders(static_cast<int>(i)).type() != schema::Tender::CASH) continue;
    const std::int64_t taken = std::min(change, std::max<std::int64_t>(shares[i].amount, 0));
    shares[i].amount -= taken;
    change -= taken;
  }
}

// What a sale keeps besides the net and tax of its lines.
std::int64_t besides_goods(const schema::SaleCompleted& sale) {
  return sale.total() + sale.cash_rounding() - sale.net() - sale.tax();
}

}  // namespace

std::string tender_name(schema::Tender::Type type) {
  const std::string& name = schema::Tender::Type_Name(type);
  return name.empty() ? std::to_string(static_cast<int>(type)) : name;
}

std::vector<TenderShare> tender_shares(const schema::SaleCompleted& sale) {
  std::vector<TenderShare> shares;
  for (const schema::SaleCompleted::Payment& payment : sale.tenders()) {
    TenderShare& share = shares.emplace_back();
    share.type = tender_name(payment.type());
    share.tendered = share.amount = payment.amount();
  }
  if (shares.empty()) {
    TenderShare& share = shares.emplace_back();
    share.type = "NONE";
    share.amount = share.tendered = sale.total();
  } else {
    take_change(sale, shares);
  }
  std::vector<std::int64_t> weights;
  for (const TenderShare& share : shares) weights.push_back(std::max<std::int64_t>(share.amount, 0));
  const std::vector<std::int64_t> units = apportion(sale.units_e5(), weights);
  const std::vector<std::int64_t> discount = apportion(sale.discount(), weights);
  const std::vector<std::int64_t> tax = apportion(sale.tax(), weights);
  const std::vector<std::int64_t> cogs = apportion(sale.cogs_e4(), weights);
  const std::vector<std::int64_t> besides = apportion(besides_goods(sale), weights);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    TenderShare& share = shares[i];
    share.units_e5 = units[i];
    share.discount = discount[i];
    share.tax = tax[i];
    share.cogs_e4 = cogs[i];
    share.net = share.amount - share.tax - besides[i];
    share.gross = share.net + share.discount;
  }
  return shares;
}

void retype(const google::protobuf::RepeatedPtrField<schema::RetypedTender>& retyped,
            std::vector<TenderShare>& shares) {
  for (const schema::RetypedTender& row : retyped) {
    if (row.tender() < shares.size()) shares[row.tender()].type = tender_name(row.type());
  }
}

}  // namespace till::reporting
