// A view as an operator sees it: generations, rebuild beside the serving one, switch, rollback, proof against the log.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/follower.h"
#include "engine/result.h"
#include "projections/wide_sum.h"

namespace till {

// Counts and sums of one tenant in one currency (stock and customers stand under the empty currency). The same numbers
// come from a view's rows and, by separate code, from the log (log_digest.h); equal means that the view tells the
// truth. Every number has 128 bits, so that no tenant's amounts stop the proof.
struct Digest {
  WideSum sales = 0;  // completed, voided ones included
  WideSum voids = 0;
  WideSum returns = 0;
  WideSum standing = 0;  // completed and not voided
  WideSum lines = 0;
  WideSum units_e5 = 0;  // these sums leave voided sales out, and what was returned
  WideSum gross = 0;
  WideSum discount = 0;
  WideSum net = 0;
  WideSum tax = 0;
  WideSum total = 0;
  WideSum goods = 0;  // net and tax of the lines: total without charges, tips and gift cards sold
  WideSum kept = 0;   // tenders less change: total with its cash rounding
  WideSum cogs_e4 = 0;
  WideSum on_hand_e5 = 0;  // over all stores and SKUs
  WideSum customers = 0;

  // What parts of a view tell beside that.
  WideSum taxable = 0;
  WideSum tax_rows = 0;       // tax by the rows of the receipts
  WideSum employee_net = 0;   // net of sales that name an employee
  WideSum cash_kept = 0;      // part of kept: by cash, corrected tenders as what they were
  WideSum sale_discount = 0;  // parts of discount, of sales that were not voided
  WideSum employee_discount = 0;
  WideSum coupon_discount = 0;
  WideSum line_voids = 0;  // lines taken off tickets of sales, voided ones included, and their gross
  WideSum line_voided = 0;
  WideSum shift_total = 0;  // of sales that count in a shift, those after its Z left out: total, kept, tax rows
  WideSum shift_kept = 0;
  WideSum shift_tax = 0;
  WideSum shifts = 0;
  WideSum drawer_cash = 0;  // what the drawers of all shifts together should hold
  WideSum cancelled = 0;    // gross of tickets that were cancelled in a shift
  WideSum cancelled_tickets = 0;
  WideSum training_sales = 0;  // counted in a shift
  WideSum employee_acts = 0;   // counted of employees beside their sales
  WideSum gift_cards = 0;      // owed to the holders of gift cards
  WideSum points = 0;
  WideSum store_credit = 0;
  WideSum accounts = 0;       // owed by customers
  WideSum in_transit_e5 = 0;  // goods on their way between stores
  WideSum lost_e5 = 0;        // goods damaged between stores, and what they had cost; each under the cost's currency
  WideSum lost_value_e4 = 0;
  WideSum stock_days_e5 = 0;  // moves of stock other than sales and voids
  friend bool operator==(const Digest&, const Digest&) = default;
};

struct DigestKey {
  std::string tenant;
  std::string currency;
  friend auto operator<=>(const DigestKey&, const DigestKey&) = default;
};
using Digests = std::map<DigestKey, Digest>;

// What readers are shown besides the rows of the facts, summed up: sums that a view keeps must tell the log's truth
// too.
struct DigestPart {
  std::string name;                       // "agg_sku_day"
  std::vector<WideSum Digest::*> fields;  // that it keeps; the others of its digests say nothing
  Digests digests;
};

// Digests of a view's rows and the point of the log that they reflect, from one snapshot.
struct DigestAt {
  LogPoint at;
  Digests digests;
  std::vector<DigestPart> parts;
};

// A rule that a view's rows keep among themselves, and what breaks it.
struct SelfCheck {
  std::string name;
  std::uint64_t rows = 0;  // keys that break it; 0: it holds
  std::string example;     // one of them: its parts with slashes between
};

struct Progress {
  std::uint64_t done = 0;  // transactions
  std::uint64_t total = 0;
};

struct RebuildRequest {
  std::string tenant;                            // empty: the whole view
  std::function<void(Progress)> on_progress;     // may be null; called on the caller's thread
  const std::atomic<bool>* cancelled = nullptr;  // may be null; looked at between batches
};

struct ViewInfo {
  std::string view;
  std::uint64_t generation = 0;
  FollowerStatus status;
};

// What new rows may lack when the serving ones are held already for the switch; more is fetched up without holding.
inline constexpr std::uint64_t kHeldTransactionsMost = 20'000;

// Thread safe; rebuild and rollback exclude each other (the second caller gets kUnavailable).
class ManagedView {
 public:
  virtual ~ManagedView() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
  virtual ViewInfo info() const = 0;
  // Waits until the serving generation reflects `target`.
  virtual bool wait_for(Position target, std::chrono::milliseconds timeout) = 0;
  // Builds a new generation beside the serving one from the log, verifies it (contiguous, digests against the log), and
  // switches in one step; commands and reads go on. For one tenant: its rows are replaced in the serving generation.
  virtual Status rebuild(const RebuildRequest& request) = 0;
  // Catches the former generation up from its own checkpoint, verifies, switches back. kNotFound where there is none.
  // Tells its progress and ends with kCancelled as a rebuild does; the request's tenant is of no meaning.
  virtual Status rollback(const RebuildRequest& request = {}) = 0;
  // Reads the whole view. kCancelled soon after `cancelled`, which may be null, is set.
  virtual Result<DigestAt> digest(const std::atomic<bool>* cancelled = nullptr) = 0;
  // Reads the whole view as well. Of a view that has no such rules nothing. Errors as digest().
  virtual Result<std::vector<SelfCheck>> self_checks(const std::atomic<bool>* = nullptr) {
    return std::vector<SelfCheck>();
  }
};

}  // namespace till
