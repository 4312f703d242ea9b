// Documents made from the same tables that serve requests: OpenAPI 3.1 and one readable page. Deterministic: the same
// program gives the same bytes. Thread safe; callers keep the text, making it takes milliseconds.
#pragma once

#include <string>
#include <string_view>

namespace till {

std::string openapi_json(std::string_view version);

// A whole HTML page without scripts and foreign assets.
std::string docs_html(std::string_view version);

}  // namespace till
