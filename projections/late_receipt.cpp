#include "projections/late_receipt.h"

#include "schemas/events.pb.h"

namespace till {

bool came_after_z(const Transaction& transaction, std::string_view sale_id) {
  for (int i = 0; i < transaction.event_count(); ++i) {
    const auto& event = static_cast<const schema::Event&>(transaction.event(i));
    const schema::LateSaleAttached& late = event.late_sale_attached();
    if (late.closed() && late.booked().sale_id() == sale_id) return true;
  }
  return false;
}

}  // namespace till
