#include "commands/template_check.h"

#include <algorithm>
#include <vector>

namespace till {
namespace {

constexpr std::string_view kTagBegin = "{{";
constexpr std::string_view kTagEnd = "}}";
constexpr std::string_view kUnescapedTagEnd = "}}}";
constexpr std::string_view kTagSpace = " \t\n\v\f\r";
constexpr std::size_t kShownNameMost = 32;

using Fault = std::optional<TemplateFault>;

std::string_view without_space(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kTagSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kTagSpace) - begin + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kShownNameMost &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class TemplateScan {
 public:
  TemplateScan(std::string_view text, TemplateForm form, const TemplateNames& names)
      : text_(text), form_(form), names_(names) {}

  Fault run() {
    if (Fault found = check_characters()) return found;
    std::size_t end = 0;
    for (at_ = text_.find(kTagBegin); at_ != std::string_view::npos; at_ = text_.find(kTagBegin, end)) {
      if (++tags_ > kTemplateTagsMost) return fault("more than " + std::to_string(kTemplateTagsMost) + " tags");
      const bool unescaped = text_.substr(at_ + kTagBegin.size()).starts_with('{');
      const std::string_view closing = unescaped ? kUnescapedTagEnd : kTagEnd;
      const std::size_t begin = at_ + kTagBegin.size() + (unescaped ? 1 : 0);
      const std::size_t close = text_.find(closing, begin);
      if (close == std::string_view::npos) return fault("a tag is not closed");
      end = close + closing.size();
      const std::string_view content = without_space(text_.substr(begin, close - begin));
      if (Fault found = unescaped ? take_unescaped(content) : take(content, end)) return found;
    }
    if (open_.empty()) return std::nullopt;
    at_ = open_.back().begin;
    return fault("section " + std::string(open_.back().name) + " is not closed");
  }

 private:
  struct Open {
    std::string_view name;
    const TemplateNames::List* list;  // null where it is shown once or not at all
    std::size_t begin;                // of its tag
    std::size_t body;                 // where its tag ends
  };

  // Bytes that no mail has, and that some of its readers take for something else.
  Fault check_characters() {
    const auto bad = std::ranges::find_if(text_, [this](char c) {
      const bool breaks = c == '\n' || c == '\r' || c == '\t';
      return c == '\x7f' || (static_cast<unsigned char>(c) < 0x20 && (!breaks || form_ == TemplateForm::kLine));
    });
    if (bad == text_.end()) return std::nullopt;
    at_ = static_cast<std::size_t>(bad - text_.begin());
    return fault("a control character");
  }

  Fault take(std::string_view content, std::size_t end) {
    if (content.empty()) return fault("a tag without a name");
    const std::string_view name = without_space(content.substr(1));
    switch (content.front()) {
      case '#':
        return open(name, end, false);
      case '^':
        return open(name, end, true);
      case '/':
        return close(name);
      case '&':
        return take_unescaped(name);
      case '!':
        return std::nullopt;
      case '>':
        return fault("there are no partials");
      case '=':
        return fault("the delimiters are {{ and }}");
      default:
        return is_value(content) ? std::nullopt : unknown(content);
    }
  }

  Fault take_unescaped(std::string_view name) {
    if (form_ == TemplateForm::kHtml) return fault("values in HTML are always escaped");
    return is_value(name) ? std::nullopt : unknown(name);
  }

  Fault open(std::string_view name, std::size_t body, bool inverted) {
    if (open_.size() == kTemplateDepthMost) {
      return fault("more than " + std::to_string(kTemplateDepthMost) + " sections within each other");
    }
    const TemplateNames::List* const list = find_list(name);
    if (list == nullptr && !is_value(name)) return unknown(name);
    if (list != nullptr && list_ != nullptr) return fault("a list within a list");
    open_.push_back({name, inverted ? nullptr : list, at_, body});
    if (list != nullptr && !inverted) list_ = list;
    return std::nullopt;
  }

  Fault close(std::string_view name) {
    if (open_.empty() || open_.back().name != name) return fault("the end of a section that is not the open one");
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.list == nullptr) return std::nullopt;
    list_ = nullptr;
    repeated_ += at_ - closed.body;
    if (repeated_ <= kTemplateListBytesMost) return std::nullopt;
    return fault("more than " + std::to_string(kTemplateListBytesMost) + " bytes within lists");
  }

  bool is_value(std::string_view name) const {
    return is_among(list_ != nullptr ? list_->values : names_.values, name);
  }

  const TemplateNames::List* find_list(std::string_view name) const {
    const auto found = std::ranges::find(names_.lists, name, &TemplateNames::List::name);
    return found == names_.lists.end() ? nullptr : &*found;
  }

  Fault unknown(std::string_view name) {
    std::string what = "there is no such name";
    // Other bytes are not repeated in an answer.
    if (is_name(name)) what += " as " + std::string(name);
    if (list_ != nullptr) what += " within " + std::string(list_->name);
    Fault found = fault(what);
    found->unknown_name = true;
    return found;
  }

  Fault fault(const std::string& what) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    return TemplateFault{.unknown_name = false, .what = "Line " + std::to_string(line) + ": " + what};
  }

  const std::string_view text_;
  const TemplateForm form_;
  const TemplateNames& names_;
  std::size_t at_ = 0;  // of the tag at hand
  std::size_t tags_ = 0;
  std::size_t repeated_ = 0;  // bytes within lists
  std::vector<Open> open_;
  const TemplateNames::List* list_ = nullptr;  // that is open
};

}  // namespace

std::optional<TemplateFault> check_template(std::string_view text, TemplateForm form, const TemplateNames& names) {
  return TemplateScan(text, form, names).run();
}

}  // namespace till
