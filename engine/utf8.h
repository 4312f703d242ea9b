// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace till {

// Length of the well-formed sequence at the front of `text`, which is not empty, and its code point; 0 where there is
// none.
std::size_t utf8_sequence(std::string_view text, char32_t& code);
bool is_utf8(std::string_view text);

}  // namespace till
