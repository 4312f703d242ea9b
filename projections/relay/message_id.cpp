#include "projections/relay/message_id.h"

#include <charconv>

namespace till {
namespace {

// Takes the text up to the next dot.
std::string_view next_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

template <class T>
bool parse_number(std::string_view digits, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return error == std::errc() && !digits.empty() && end == digits.data() + digits.size();
}

bool parse_log_id(std::string_view hex, LogId& id) {
  if (hex.size() != 2 * id.size()) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (!parse_number(hex.substr(2 * i, 2), id[i], 16)) return false;
  }
  return true;
}

}  // namespace

std::string message_id(const EventPlace& place) {
  std::string text = to_hex(as_bytes(place.log_id));
  text += '.';
  text += std::to_string(place.epoch.value());
  text += '.';
  text += std::to_string(place.position.value());
  text += '.';
  text += std::to_string(place.index);
  return text;
}

std::optional<EventPlace> parse_message_id(std::string_view text) {
  EventPlace place;
  std::uint64_t epoch = 0;
  std::uint64_t position = 0;
  std::string_view rest = text;
  const bool parsed = parse_log_id(next_part(rest), place.log_id) && parse_number(next_part(rest), epoch) &&
                      parse_number(next_part(rest), position) && parse_number(next_part(rest), place.index);
  place.epoch = Epoch(epoch);
  place.position = Position(position);
  // One text for one place: no leading zeros, no upper case, nothing behind.
  if (!parsed || position == 0 || message_id(place) != text) return std::nullopt;
  return place;
}

}  // namespace till
