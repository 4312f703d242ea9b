// Random messages that keep every check at the door: for properties over all message types. Seeded, so that a failure
// can be run again.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <google/protobuf/message.h>

#include "api/message_plan.h"

namespace till::testing {

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  // Fields without a JSON form stay unset; other fields that are not required are set half of the time.
  void fill(google::protobuf::Message& message);

 private:
  std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool coin() { return number(0, 1) == 1; }
  std::string text(const FieldPlan& field);
  int enumerator(const google::protobuf::FieldDescriptor& field);
  void put(google::protobuf::Message& message, const FieldPlan& field);

  std::mt19937_64 random_;
};

}  // namespace till::testing
