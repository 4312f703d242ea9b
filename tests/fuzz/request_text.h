// Input of the targets that read a command: one line as it begins a request, "PUT /v1/stores/s1", then the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace till::fuzz {

struct RequestText {
  std::string_view method;
  std::string_view path;
  std::string_view body;
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Views into `input`; what is missing is empty.
RequestText split_request(std::string_view input);

}  // namespace till::fuzz
