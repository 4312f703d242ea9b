// What a tenant's mails to customers say, in its own words. Stream: mail_template/<template>, of which there is one,
// RECEIPT.
//
// Templates are checked here and not at the door, so that whatever lies in the log can be filled in, by whichever way
// it came; and by a scanner of its own (template_check.h), since the library that fills them in asks the locale and
// trusts its template.
#pragma once

#include <cstddef>
#include <string_view>

#include "commands/rules.h"
#include "commands/template_check.h"

namespace till {

inline constexpr std::size_t kMailSubjectTemplateMost = 255;     // bytes
inline constexpr std::size_t kMailTextTemplateMost = 12 * 1024;  // bytes
inline constexpr std::size_t kMailHtmlTemplateMost = 32 * 1024;  // bytes

const Aggregate& mail_template_aggregate();

// The mail with the receipt of a sale or a return, and the id of its template.
inline constexpr std::string_view kReceiptTemplate = "RECEIPT";

// What it may name. Amounts are texts as "12.50". Nothing is: a discount, change, tip or rounding of zero, the
// `customer_name` where it is not known, the `copy_no` of what is no duplicate, `source_sale_id` but of a return with a
// receipt, `is_return` and `is_voided` where they are not so. `date` is the business date, "2026-03-02", `time` the
// moment, "2026-03-02 09:15 UTC". `receipt` is all of it, as text of 42 columns.
const TemplateNames& receipt_template_names();

}  // namespace till
