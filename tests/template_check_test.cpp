// Which templates can be filled in, and how a fault is told.
#include "commands/template_check.h"

#include <string>

#include <catch2/catch.hpp>

#include "commands/mail_template.h"

namespace till {
namespace {

std::string fault_of(std::string_view text, TemplateForm form = TemplateForm::kText) {
  const auto fault = check_template(text, form, receipt_template_names());
  return fault ? fault->what : "";
}

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("templates that can be filled in", "[commands][mail]") {
  for (const char* good :
       {"", "no tag", "{ } }} {", "{{total}}", "{{ total }}", "{{\ttotal\n}}",
        "{{#tip}}{{tip}}{{/tip}}{{^tip}}-{{/tip}}", "{{# tip }}{{/tip }}", "{{! anything, {{total }}", "{{{total}}}",
        "{{&total}}", "{{#lines}}{{name}}{{/lines}}", "{{^lines}}{{total}}{{/lines}}",
        "{{#lines}}{{#discount}}{{discount}}{{/discount}}{{/lines}}{{#taxes}}{{/taxes}}",
        "{{#is_return}}{{#lines}}{{sku}}{{/lines}}{{/is_return}}"}) {
    CAPTURE(good);
    CHECK(fault_of(good) == "");
  }
}

TEST_CASE("a fault is told with its line", "[commands][mail]") {
  CHECK(fault_of("{{total") == "Line 1: a tag is not closed");
  CHECK(fault_of("a\n\n{{{total}}") == "Line 3: a tag is not closed");
  CHECK(fault_of("{{") == "Line 1: a tag is not closed");
  CHECK(fault_of("{{}}") == "Line 1: a tag without a name");
  CHECK(fault_of("{{ }}") == "Line 1: a tag without a name");
  CHECK(fault_of("\n{{#lines}}\n") == "Line 2: section lines is not closed");
  CHECK(fault_of("{{/lines}}") == "Line 1: the end of a section that is not the open one");
  CHECK(fault_of("{{#tip}}\n{{/lines}}") == "Line 2: the end of a section that is not the open one");
  CHECK(fault_of("{{>total}}") == "Line 1: there are no partials");
  CHECK(fault_of("{{=| |=}}") == "Line 1: the delimiters are {{ and }}");
  CHECK(fault_of("{{{total}}}", TemplateForm::kHtml) == "Line 1: values in HTML are always escaped");
  CHECK(fault_of("{{&total}}", TemplateForm::kHtml) == "Line 1: values in HTML are always escaped");
  CHECK(fault_of("{{#lines}}{{#lines}}{{/lines}}{{/lines}}") == "Line 1: a list within a list");
  CHECK(fault_of("{{#lines}}{{^taxes}}{{/taxes}}{{/lines}}") == "Line 1: a list within a list");
  CHECK(fault_of(std::string_view("a\0", 2)) == "Line 1: a control character");
  CHECK(fault_of("a\nb", TemplateForm::kLine) == "Line 1: a control character");
}

TEST_CASE("a name that there is not is told where it can be", "[commands][mail]") {
  CHECK(fault_of("{{totl}}") == "Line 1: there is no such name as totl");
  CHECK(fault_of("{{lines}}") == "Line 1: there is no such name as lines");
  CHECK(fault_of("{{name}}") == "Line 1: there is no such name as name");
  CHECK(fault_of("{{#nothing}}{{/nothing}}") == "Line 1: there is no such name as nothing");
  CHECK(fault_of("{{#lines}}{{total}}{{/lines}}") == "Line 1: there is no such name as total within lines");
  CHECK(fault_of("{{.}}") == "Line 1: there is no such name");
  CHECK(fault_of("{{<script>}}") == "Line 1: there is no such name");
  CHECK(fault_of("{{{{total}}}}") == "Line 1: there is no such name");
  const auto fault = check_template("{{totl}}", TemplateForm::kText, receipt_template_names());
  REQUIRE(fault.has_value());
  CHECK(fault->unknown_name);
  CHECK_FALSE(check_template("{{total", TemplateForm::kText, receipt_template_names())->unknown_name);
}

TEST_CASE("templates are bounded", "[commands][mail]") {
  CHECK(fault_of(times(kTemplateTagsMost, "{{total}}")) == "");
  CHECK(fault_of(times(kTemplateTagsMost + 1, "{{total}}")) == "Line 1: more than 200 tags");
  CHECK(fault_of(times(kTemplateDepthMost, "{{#tip}}") + times(kTemplateDepthMost, "{{/tip}}")) == "");
  CHECK(fault_of(times(kTemplateDepthMost + 1, "{{#tip}}")) == "Line 1: more than 8 sections within each other");
  const std::string half(kTemplateListBytesMost / 2, 'x');
  const std::string list = "{{#lines}}" + half + "{{/lines}}";
  CHECK(fault_of(list + list) == "");
  CHECK(fault_of(list + list + "{{#taxes}}x{{/taxes}}") == "Line 1: more than 4096 bytes within lists");
  // Where it is not repeated it does not count.
  CHECK(fault_of("{{^lines}}" + half + half + half + "{{/lines}}") == "");
}

}  // namespace till
