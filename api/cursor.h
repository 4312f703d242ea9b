// Cursors of lists: opaque to clients, they say where the next page begins and of which question. Not secret: one that
// was made up leads to a page of the same question, or to nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace till {

inline constexpr std::size_t kCursorBytesMost = 512;  // of the text

// `query` is all that the pages of one list have in common; `last` any bytes that name the end of a page.
std::string make_cursor(std::string_view query, std::string_view last);

// What make_cursor() was given; nothing where the text is no cursor, or that of another query.
std::optional<std::string> read_cursor(std::string_view query, std::string_view cursor);

}  // namespace till
