#include "projections/relay/publish_ack.h"

#include <charconv>

#include "projections/json_members.h"

namespace till {
namespace {

std::string description_of(std::string_view error) {
  std::string text(error);
  each_json_member(error, [&](std::string_view name, std::string_view value) {
    if (name == "description" && value.size() > 2) text = value.substr(1, value.size() - 2);
  });
  return text;
}

}  // namespace

PublishAck parse_publish_ack(std::string_view json) {
  PublishAck ack;
  bool numbered = false;
  ack.valid = each_json_member(json, [&](std::string_view name, std::string_view value) {
    if (name == "error") ack.error = description_of(value);
    if (name == "seq")
      numbered = std::from_chars(value.data(), value.data() + value.size(), ack.sequence).ec == std::errc();
  });
  ack.valid = ack.valid && (!ack.error.empty() || numbered);
  return ack;
}

}  // namespace till
