// Over and short by type of tender: what was counted of each against what its payments add up to.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "schemas/state.pb.h"

namespace till {

using TenderVariances = google::protobuf::RepeatedPtrField<schema::TenderVariance>;

// Of what is counted now: one row a type that was paid with, is counted, or stands in the shift's variances already, so
// that a later count takes back what an earlier one said of a type. At most as many as there are types.
TenderVariances tender_variances(const schema::ShiftState& shift,
                                 const google::protobuf::RepeatedPtrField<schema::TenderCount>& counted);

}  // namespace till
