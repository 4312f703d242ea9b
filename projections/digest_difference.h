// Where a view and the log disagree.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "projections/managed_view.h"

namespace till {

struct DigestField {
  std::string_view name;
  WideSum Digest::*value;
};

// What every view tells.
inline constexpr std::array kDigestFields{
    DigestField{"sales", &Digest::sales},
    DigestField{"voids", &Digest::voids},
    DigestField{"returns", &Digest::returns},
    DigestField{"standing", &Digest::standing},
    DigestField{"lines", &Digest::lines},
    DigestField{"units_e5", &Digest::units_e5},
    DigestField{"gross", &Digest::gross},
    DigestField{"discount", &Digest::discount},
    DigestField{"net", &Digest::net},
    DigestField{"tax", &Digest::tax},
    DigestField{"total", &Digest::total},
    DigestField{"goods", &Digest::goods},
    DigestField{"kept", &Digest::kept},
    DigestField{"cogs_e4", &Digest::cogs_e4},
    DigestField{"on_hand_e5", &Digest::on_hand_e5},
    DigestField{"customers", &Digest::customers},
};

// What only parts of a view tell.
inline constexpr std::array kPartFields{
    DigestField{"taxable", &Digest::taxable},
    DigestField{"tax_rows", &Digest::tax_rows},
    DigestField{"employee_net", &Digest::employee_net},
    DigestField{"cash_kept", &Digest::cash_kept},
    DigestField{"sale_discount", &Digest::sale_discount},
    DigestField{"employee_discount", &Digest::employee_discount},
    DigestField{"coupon_discount", &Digest::coupon_discount},
    DigestField{"line_voids", &Digest::line_voids},
    DigestField{"line_voided", &Digest::line_voided},
    DigestField{"shift_total", &Digest::shift_total},
    DigestField{"shift_kept", &Digest::shift_kept},
    DigestField{"shift_tax", &Digest::shift_tax},
    DigestField{"shifts", &Digest::shifts},
    DigestField{"drawer_cash", &Digest::drawer_cash},
    DigestField{"cancelled", &Digest::cancelled},
    DigestField{"cancelled_tickets", &Digest::cancelled_tickets},
    DigestField{"training_sales", &Digest::training_sales},
    DigestField{"employee_acts", &Digest::employee_acts},
    DigestField{"gift_cards", &Digest::gift_cards},
    DigestField{"points", &Digest::points},
    DigestField{"store_credit", &Digest::store_credit},
    DigestField{"accounts", &Digest::accounts},
    DigestField{"in_transit_e5", &Digest::in_transit_e5},
    DigestField{"lost_e5", &Digest::lost_e5},
    DigestField{"lost_value_e4", &Digest::lost_value_e4},
    DigestField{"stock_days_e5", &Digest::stock_days_e5},
};

// One number in which a view and the log disagree.
struct DigestDifference {
  DigestKey key;
  std::string field;  // "net", or "agg_sku_day net" of a part
  WideSum view = 0;
  WideSum log = 0;
};

// At most `most`: the rows themselves first, then the parts, each by tenant and currency. A digest of zeros is the same
// as none. Only `tenant` is looked at unless it is empty.
std::vector<DigestDifference> compare_digests(const DigestAt& view, const Digests& log, std::string_view tenant,
                                              std::size_t most);

// What differs first, as a sentence; empty where both say the same.
std::string first_difference(const DigestAt& view, const Digests& log, std::string_view tenant);

}  // namespace till
