#include "engine/vocabulary.h"

#include <cstdio>
#include <cstdlib>

#include "engine/position_text.h"
#include "engine/result.h"

namespace till {

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "till: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace till
