// Whether a text is a template that can be filled in: Mustache, less what could make it large, slow or unescaped. Pure,
// of the bytes alone.
//
// What it takes: {{name}}, {{#name}}…{{/name}}, {{^name}}…{{/name}}, {{! a comment}}, and where nothing is escaped
// anyway {{{name}}} and {{& name}}. Not taken: partials, other delimiters, names that there are not, a list within a
// list, and within a list any name but its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace till {

inline constexpr std::size_t kTemplateTagsMost = 200;        // of a template
inline constexpr std::size_t kTemplateDepthMost = 8;         // sections within each other
inline constexpr std::size_t kTemplateListBytesMost = 4096;  // between the tags of all lists together: it is repeated

// What a template may name. All of it lives as long as the program.
struct TemplateNames {
  struct List {
    std::string_view name;
    std::span<const std::string_view> values;  // of a member
  };
  // A text, or nothing; as a section it is shown where there is a text.
  std::span<const std::string_view> values;
  // A section that is repeated for each member.
  std::span<const List> lists;
};

enum class TemplateForm : std::uint8_t {
  kLine,  // one line of text
  kText,
  kHtml,  // every value is escaped
};

struct TemplateFault {
  bool unknown_name = false;  // else it is not a template
  std::string what;           // a sentence with the line, for whoever wrote the template
};

// Nothing where the template is good. Takes any bytes.
std::optional<TemplateFault> check_template(std::string_view text, TemplateForm form, const TemplateNames& names);

}  // namespace till
