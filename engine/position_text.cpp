#include "engine/position_text.h"

#include <charconv>

namespace till {
namespace {

constexpr std::size_t kLogPrefixDigits = 8;

std::string log_prefix(const LogId& log_id) {
  return to_hex(as_bytes(log_id).substr(0, kLogPrefixDigits / 2));
}

bool parse_number(std::string_view digits, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

std::string position_text(const LogId& log_id, Epoch epoch, Position position) {
  return log_prefix(log_id) + "-" + std::to_string(epoch.value()) + "-" + std::to_string(position.value());
}

bool parse_position_text(std::string_view text, const LogId& log_id, Epoch& epoch, Position& position) {
  const std::string prefix = log_prefix(log_id) + "-";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  std::uint64_t epoch_value = 0;
  std::uint64_t position_value = 0;
  if (!parse_number(text.substr(0, dash), epoch_value) || !parse_number(text.substr(dash + 1), position_value)) {
    return false;
  }
  epoch = Epoch(epoch_value);
  position = Position(position_value);
  return true;
}

}  // namespace till
