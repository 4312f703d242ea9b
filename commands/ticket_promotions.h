// What promotions take off an open ticket: those that run (running_promotions.h), and those that its coupons give; of
// those for a group of customers the ones of its customer's group.
// Until something is paid they are counted anew at each look, so that the time of completion decides; the first payment
// freezes them, and the sale that the ticket becomes keeps them with their versions. Nothing that is frozen is counted
// again.
#pragma once

#include "commands/rules.h"

namespace till {

using AppliedPromotions = google::protobuf::RepeatedPtrField<schema::AppliedPromotion>;

// As frozen where something is paid, else as of now, on the store's clock. In the order of promotion_engine.h; they
// leave no line below zero. Each promotion stands once, however many coupons give it.
AppliedPromotions promotions_of(const Deciding& deciding, const schema::TicketState& ticket,
                                const schema::StoreState& store);

}  // namespace till
