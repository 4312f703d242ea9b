// The words of a mailed receipt: the built-in ones, the tenant's, and what no template can do.
#include "projections/effects/receipt_template.h"

#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "commands/mail_template.h"
#include "projections/effects/mail_message.h"
#include "tests/test_seed.h"

namespace till::testing {
namespace {

ReceiptTexts tea_texts() {
  ReceiptTexts texts;
  texts.values = {{"store_name", "Tea & Co"}, {"date", "2026-03-02"},
                  {"receipt_id", "V1"},       {"total", "5.00"},
                  {"currency", "EUR"},        {"net", "4.20"},
                  {"receipt", "a\nb\n"},      {"terminal_id", "t1"},
                  {"terminal_seq", "17"},     {"time", "2026-03-02 09:15 UTC"}};
  texts.lists["lines"] = {{{"name", "<Tea>"}, {"quantity", "2"}, {"unit_price", "2.50"}, {"gross", "5.00"}},
                          {{"name", "Bag"}, {"quantity", "1"}, {"unit_price", "0.20"}, {"discount", "0.10"}}};
  texts.lists["payments"] = {{{"type", "Card"}, {"reference", "****4242"}, {"amount", "5.00"}}};
  return texts;
}

MailTemplate filled(const MailTemplate& own, const ReceiptTexts& texts = tea_texts()) {
  const auto mail = fill_receipt_template(own, texts);
  if (!mail.ok()) FAIL(mail.error().message);
  return mail.value();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the built-in words keep the rules for the tenant's", "[mail]") {
  const MailTemplate& words = built_in_receipt_template();
  const auto fault = [](const std::string& text, TemplateForm form) {
    const auto found = check_template(text, form, receipt_template_names());
    return found ? found->what : "";
  };
  CHECK(fault(words.subject, TemplateForm::kLine) == "");
  CHECK(fault(words.text, TemplateForm::kText) == "");
  CHECK(fault(words.html, TemplateForm::kHtml) == "");
}

TEST_CASE("a mail in the built-in words", "[mail]") {
  ReceiptTexts texts = tea_texts();
  MailTemplate mail = filled({}, texts);
  CHECK(mail.subject == "Your receipt at Tea & Co, 2026-03-02");
  CHECK(mail.text == "Thank you for shopping at Tea & Co. This is your receipt.\n\na\nb\n\n");
  CHECK(contains(mail.html, "<p>Thank you for shopping at Tea &amp; Co. This is your receipt.</p>"));
  CHECK(contains(mail.html, "&lt;Tea&gt;"));
  CHECK_FALSE(contains(mail.html, "<Tea>"));
  CHECK(contains(mail.html, "1 x 0.20, discount 0.10<"));
  CHECK(contains(mail.html, "2 x 2.50<"));
  CHECK(contains(mail.html, "Total EUR"));
  CHECK(contains(mail.html, "Card ****4242"));
  CHECK(contains(mail.html, "Till t1 / 17<br>"));
  for (const char* none : {"Hello", "Refund", "Change", "Tip", "voided", "Duplicate", "of sale", "{{"}) {
    CAPTURE(none);
    CHECK_FALSE(contains(mail.html, none));
  }

  texts.values["customer_name"] = "Ann";
  texts.values["is_return"] = "yes";
  texts.values["source_sale_id"] = "V0";
  mail = filled({}, texts);
  CHECK(mail.subject == "Your return at Tea & Co, 2026-03-02");
  CHECK(mail.text == "Hello Ann,\n\nThis is what you gave back at Tea & Co.\n\na\nb\n\n");
  CHECK(contains(mail.html, "<p>Hello Ann,</p>"));
  CHECK(contains(mail.html, "Refund EUR"));
  CHECK(contains(mail.html, "No. V1, of sale V0<br>"));
}

TEST_CASE("a tenant's words, part by part", "[mail]") {
  const MailTemplate mail = filled({.subject = "{{total}} {{currency}}", .text = {}, .html = "<b>{{store_name}}</b>"});
  CHECK(mail.subject == "5.00 EUR");
  CHECK(contains(mail.text, "Thank you"));
  CHECK(mail.html == "<b>Tea &amp; Co</b>");
  const MailTemplate text = filled({.subject = {}, .text = "{{#lines}}{{{name}}};{{/lines}}{{tip}}.", .html = {}});
  CHECK(text.text == "<Tea>;Bag;.");
}

TEST_CASE("what is not there is nothing, whatever is around it", "[mail]") {
  ReceiptTexts texts = tea_texts();
  texts.values["discount"] = "9.99";
  const MailTemplate mail = filled(
      {.subject = {}, .text = "{{#lines}}[{{discount}}{{#discount}}!{{/discount}}]{{/lines}}", .html = {}}, texts);
  CHECK(mail.text == "[][0.10!]");
}

TEST_CASE("a template that is none fills in nothing", "[mail]") {
  for (const char* bad : {"{{total", "{{> total}}", "{{totl}}", "{{#lines}}{{#lines}}{{/lines}}{{/lines}}"}) {
    CAPTURE(bad);
    CHECK(fill_receipt_template({.subject = {}, .text = bad, .html = {}}, tea_texts()).error().kind ==
          ErrorKind::kInvalid);
  }
  ReceiptTexts large = tea_texts();
  large.values["receipt"] = std::string(kMailPartMost / 2 + 1, 'x');
  CHECK(fill_receipt_template({.subject = {}, .text = "{{receipt}}{{receipt}}", .html = {}}, large).error().kind ==
        ErrorKind::kInvalid);
}

TEST_CASE("every template that is taken can be filled in, and no other is filled in", "[mail]") {
  const std::uint64_t seed = test_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  static constexpr std::string_view kPieces[] = {
      "{{",       "}}",       "{{{",      "}}}",         "{{#lines}}", "{{/lines}}", "{{name}}",   "{{total}}",
      "{{#tip}}", "{{^tip}}", "{{/tip}}", "{{!",         "\n",         " ",          "{{^lines}}", "x",
      "{",        "}",        "=",        "{{{total}}}", "#",          "/",          "total",      "\r\n"};
  std::size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t pieces = random() % 12; pieces > 0; --pieces) text += kPieces[random() % std::size(kPieces)];
    CAPTURE(text);
    const bool good = !check_template(text, TemplateForm::kText, receipt_template_names());
    const auto mail = fill_receipt_template({.subject = {}, .text = text, .html = {}}, tea_texts());
    REQUIRE(mail.ok() == good);
    taken += good ? 1 : 0;
  }
  CHECK(taken > 1000);
}

}  // namespace till::testing
