#include "api/field_error.h"

#include <algorithm>
#include <utility>

namespace till {

std::string FieldPath::pointer() const {
  if (parent_ == nullptr) return {};
  std::string text = parent_->pointer();
  text.push_back('/');
  if (is_index_) return text + std::to_string(index_);
  for (const char c : name_) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text.push_back(c);
    }
  }
  return text;
}

void FieldErrors::add(std::string pointer, std::string_view code) {
  if (full()) return;
  const auto covers = [&](const FieldError& known) {
    return pointer.starts_with(known.pointer) &&
           (pointer.size() == known.pointer.size() || pointer[known.pointer.size()] == '/');
  };
  if (std::ranges::any_of(errors_, covers)) return;
  errors_.push_back({std::move(pointer), code});
}

}  // namespace till
