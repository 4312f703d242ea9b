#include "projections/effects/receipt_template.h"

#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include <kainjow/mustache.hpp>

#include "commands/mail_template.h"
#include "projections/effects/mail_message.h"

namespace till {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::string_view kSubject =
    "{{#is_return}}Your return{{/is_return}}{{^is_return}}Your receipt{{/is_return}} at {{store_name}}, {{date}}";

constexpr std::string_view kText =
    "{{#customer_name}}Hello {{customer_name}},\n\n{{/customer_name}}"
    "{{#is_return}}This is what you gave back at {{store_name}}.{{/is_return}}"
    "{{^is_return}}Thank you for shopping at {{store_name}}. This is your receipt.{{/is_return}}\n\n"
    "{{receipt}}\n";

// Readers of mail know little CSS, and that beside the elements.
constexpr std::string_view kHtml =
    R"(<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{store_name}}</title></head>
<body style="font-family:sans-serif;font-size:15px;color:#222">
<div style="max-width:32em;margin:1.5em auto">
{{#customer_name}}
<p>Hello {{customer_name}},</p>
{{/customer_name}}
{{#is_return}}
<p>This is what you gave back at {{store_name}}.</p>
{{/is_return}}
{{^is_return}}
<p>Thank you for shopping at {{store_name}}. This is your receipt.</p>
{{/is_return}}
{{#is_voided}}
<p style="font-weight:bold">It was voided.</p>
{{/is_voided}}
<table style="width:100%;border-collapse:collapse">
{{#lines}}
<tr><td style="padding:4px 0">{{name}}<br>
<span style="color:#666">{{quantity}} x {{unit_price}}{{#discount}}, discount {{discount}}{{/discount}}</span></td>
<td style="padding:4px 0;text-align:right;vertical-align:top">{{gross}}</td></tr>
{{/lines}}
<tr><td colspan="2" style="border-top:1px solid #bbb"></td></tr>
{{#discount}}
<tr><td>Discount</td><td style="text-align:right">-{{discount}}</td></tr>
{{/discount}}
<tr><td>Net</td><td style="text-align:right">{{net}}</td></tr>
{{#taxes}}
<tr><td>Tax {{tax_code}} on {{taxable}}</td><td style="text-align:right">{{amount}}</td></tr>
{{/taxes}}
{{#charges}}
<tr><td>{{name}}</td><td style="text-align:right">{{amount}}</td></tr>
{{/charges}}
{{#gift_cards}}
<tr><td>Gift card {{gift_card}}</td><td style="text-align:right">{{amount}}</td></tr>
{{/gift_cards}}
{{#tip}}
<tr><td>Tip</td><td style="text-align:right">{{tip}}</td></tr>
{{/tip}}
<tr style="font-weight:bold">
<td style="padding:4px 0">{{#is_return}}Refund{{/is_return}}{{^is_return}}Total{{/is_return}} {{currency}}</td>
<td style="text-align:right">{{total}}</td></tr>
{{#rounding}}
<tr><td>Rounding</td><td style="text-align:right">{{rounding}}</td></tr>
{{/rounding}}
{{#payments}}
<tr><td>{{type}} {{reference}}</td><td style="text-align:right">{{amount}}</td></tr>
{{/payments}}
{{#change}}
<tr><td>Change</td><td style="text-align:right">{{change}}</td></tr>
{{/change}}
</table>
<p style="color:#666;font-size:13px">
No. {{receipt_id}}{{#source_sale_id}}, of sale {{source_sale_id}}{{/source_sale_id}}<br>
Till {{terminal_id}}{{#terminal_seq}} / {{terminal_seq}}{{/terminal_seq}}<br>
{{time}}{{#copy_no}}<br>Duplicate {{copy_no}}{{/copy_no}}</p>
</div></body></html>
)";

// A name that is not there would be looked up in what is around.
mustache::data data_of(const TemplateTexts& texts, std::span<const std::string_view> names) {
  mustache::data data;
  for (const std::string_view name : names) {
    const auto found = texts.find(name);
    const bool given = found != texts.end() && !found->second.empty();
    data.set(std::string(name), given ? mustache::data(found->second) : mustache::data(false));
  }
  return data;
}

mustache::data data_of(const ReceiptTexts& texts, const TemplateNames& names) {
  mustache::data data = data_of(texts.values, names.values);
  for (const TemplateNames::List& list : names.lists) {
    mustache::data members(mustache::data::type::list);
    if (const auto found = texts.lists.find(list.name); found != texts.lists.end()) {
      for (const TemplateTexts& member : found->second) members << data_of(member, list.values);
    }
    data.set(std::string(list.name), members);
  }
  return data;
}

// Checked again: what is stored was checked by the rules of its day, and the library takes its template on trust.
Result<std::string> fill_part(std::string_view part, TemplateForm form, const mustache::data& data) {
  if (const auto fault = check_template(part, form, receipt_template_names())) {
    return Error{ErrorKind::kInvalid, "mail: the template cannot be filled in: " + fault->what};
  }
  mustache::mustache filled{std::string(part)};
  if (form != TemplateForm::kHtml) filled.set_custom_escape([](const std::string& text) { return text; });
  std::string text = filled.render(data);
  if (!filled.is_valid()) return Error{ErrorKind::kInvalid, "mail: the template cannot be filled in"};
  if (text.size() <= kMailPartMost) return text;
  return Error{ErrorKind::kInvalid, "mail: the template makes more than " + std::to_string(kMailPartMost) + " bytes"};
}

const std::string& own_or(const std::string& own, const std::string& built_in) {
  return own.empty() ? built_in : own;
}

}  // namespace

const MailTemplate& built_in_receipt_template() {
  static const MailTemplate kBuiltIn{
      .subject = std::string(kSubject), .text = std::string(kText), .html = std::string(kHtml)};
  return kBuiltIn;
}

Result<MailTemplate> fill_receipt_template(const MailTemplate& own, const ReceiptTexts& texts) {
  const MailTemplate& built_in = built_in_receipt_template();
  const mustache::data data = data_of(texts, receipt_template_names());
  Result<std::string> subject = fill_part(own_or(own.subject, built_in.subject), TemplateForm::kLine, data);
  if (!subject.ok()) return subject.error();
  Result<std::string> text = fill_part(own_or(own.text, built_in.text), TemplateForm::kText, data);
  if (!text.ok()) return text.error();
  Result<std::string> html = fill_part(own_or(own.html, built_in.html), TemplateForm::kHtml, data);
  if (!html.ok()) return html.error();
  return MailTemplate{.subject = std::move(*subject), .text = std::move(*text), .html = std::move(*html)};
}

}  // namespace till
