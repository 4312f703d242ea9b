// The members of a small JSON object that a server has answered: enough to pick a few of them, no more. What clients
// send is read in api/.
#pragma once

#include <cstddef>
#include <string_view>

namespace till {

// Walks one JSON text member by member. It trusts the nesting, not the values.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A string without its quotes; escapes stay as they are.
  bool take_string(std::string_view& out) {
    if (!take('"')) return false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        out = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  // Any value, as its text.
  bool take_value(std::string_view& out) {
    skip_space();
    const std::string_view start = rest_;
    std::string_view ignored;
    int depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
      if (c == '"') {
        if (!take_string(ignored)) return false;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      rest_.remove_prefix(1);
    }
    out = start.substr(0, start.size() - rest_.size());
    return depth == 0 && !out.empty();
  }

 private:
  void skip_space() {
    const std::size_t first = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
  }

  std::string_view rest_;
};

// Calls visit(name, value) with each member of an object, both as their text; false where the text is not one.
template <class Visit>
bool each_json_member(std::string_view json, Visit visit) {
  JsonScanner scanner(json);
  if (!scanner.take('{')) return false;
  if (scanner.take('}')) return true;
  do {
    std::string_view name;
    std::string_view value;
    if (!scanner.take_string(name) || !scanner.take(':') || !scanner.take_value(value)) return false;
    visit(name, value);
  } while (scanner.take(','));
  return scanner.take('}');
}

}  // namespace till
