#include "projections/value_digest.h"

namespace till {
namespace {

// The message of the event's member, where it is a Fact; null where it is of another type.
template <class Fact>
const Fact* fact_of(const schema::Event& event) {
  const auto* const member = schema::Event::descriptor()->FindFieldByNumber(event.event_case());
  if (member == nullptr || member->message_type() != Fact::descriptor()) return nullptr;
  return static_cast<const Fact*>(&event.GetReflection()->GetMessage(event, member));
}

bool add_shift_event(Digests& digests, const std::string& tenant, const schema::Event& event) {
  if (event.has_shift_opened()) {
    Digest& digest = digests[{tenant, event.shift_opened().currency()}];
    ++digest.shifts;
    digest.drawer_cash += event.shift_opened().opening_float();
  } else if (event.has_shift_sale_booked()) {
    digests[{tenant, event.shift_sale_booked().currency()}].drawer_cash += event.shift_sale_booked().cash();
  } else if (event.has_late_sale_attached()) {
    const schema::ShiftSaleBooked& booked = event.late_sale_attached().booked();
    if (!event.late_sale_attached().closed()) digests[{tenant, booked.currency()}].drawer_cash += booked.cash();
  } else if (event.has_tender_type_corrected()) {
    digests[{tenant, event.tender_type_corrected().currency()}].drawer_cash += event.tender_type_corrected().cash();
  } else if (event.has_shift_ticket_cancelled()) {
    Digest& digest = digests[{tenant, event.shift_ticket_cancelled().currency()}];
    ++digest.cancelled_tickets;
    digest.cancelled += event.shift_ticket_cancelled().amount();
  } else if (event.has_shift_training_counted()) {
    ++digests[{tenant, ""}].training_sales;
  } else if (const auto* const moved = fact_of<schema::DrawerMoved>(event)) {
    digests[{tenant, moved->currency()}].drawer_cash += moved->amount();
    if (event.has_drawer_opened_no_sale() && !moved->employee_id().empty()) ++digests[{tenant, ""}].employee_acts;
  } else if (event.has_elevation_used()) {
    if (!event.elevation_used().employee_id().empty()) ++digests[{tenant, ""}].employee_acts;
  } else {
    return false;
  }
  return true;
}

}  // namespace

void add_value(Digests& digests, const std::string& tenant, const schema::Event& event) {
  if (add_shift_event(digests, tenant, event)) return;
  for (const auto& line : event.transfer_receipt_booked().lines()) {
    if (line.damaged_e5() == 0) continue;
    Digest& digest = digests[{tenant, line.currency()}];
    digest.lost_e5 += line.damaged_e5();
    digest.lost_value_e4 += line.damaged_value_e4();
  }
  if (const auto* const card = fact_of<schema::GiftCardMoved>(event)) {
    digests[{tenant, card->currency()}].gift_cards += card->amount();
  } else if (const auto* const points = fact_of<schema::PointsMoved>(event)) {
    digests[{tenant, ""}].points += points->points();
  } else if (const auto* const credit = fact_of<schema::StoreCreditMoved>(event)) {
    digests[{tenant, credit->currency()}].store_credit += credit->amount();
  } else if (const auto* const account = fact_of<schema::AccountMoved>(event)) {
    digests[{tenant, account->currency()}].accounts += account->amount();
  }
}

std::int64_t transit_change(const schema::Event& event, bool ships) {
  std::int64_t change = 0;
  if (event.has_stock_shipped()) return ships ? -event.stock_shipped().quantity_e5() : 0;
  for (const auto& line : event.transfer_receipt_booked().lines()) {
    change -= line.received_e5() + line.damaged_e5() + line.cancelled_e5();
  }
  for (const auto& line : event.transfer_cancelled().returned()) change -= line.quantity_e5();
  return change;
}

}  // namespace till
