// The words of the mail with a receipt: Mustache, the tenant's own or the built-in ones (commands/mail_template.h says
// what a template may have, and which names).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/result.h"

namespace till {

// Texts by name; one that is missing or empty is nothing.
using TemplateTexts = std::map<std::string, std::string, std::less<>>;

// What a receipt says.
struct ReceiptTexts {
  TemplateTexts values;
  std::map<std::string, std::vector<TemplateTexts>, std::less<>> lists;
};

struct MailTemplate {
  std::string subject;
  std::string text;
  std::string html;
};

const MailTemplate& built_in_receipt_template();

// The texts in their places, in HTML escaped. A part of `own` that is empty is the built-in one. kInvalid where a part
// is no template, or becomes longer than kMailPartMost bytes. Any thread.
Result<MailTemplate> fill_receipt_template(const MailTemplate& own, const ReceiptTexts& texts);

}  // namespace till
