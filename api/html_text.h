// Text as it may stand in a page, in an attribute as well.
#pragma once

#include <string>
#include <string_view>

namespace till {

std::string html_text(std::string_view text);

}  // namespace till
