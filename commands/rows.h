// Small lists of a message whose rows are found by what they say, such as sums by type.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

namespace till {

// The first row that `is` accepts; where there is none, an empty one at the end, whose key is the caller's to fill in.
template <class Row, class Is>
Row& find_or_add(google::protobuf::RepeatedPtrField<Row>& rows, const Is& is) {
  for (Row& row : rows) {
    if (is(row)) return row;
  }
  return *rows.Add();
}

}  // namespace till
