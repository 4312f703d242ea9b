#include "commands/mail_template.h"

#include <array>
#include <string>

namespace till {
namespace {

using schema::MailTemplateState;

constexpr EntityKind kMailTemplate = kind_of(schema::MAIL_TEMPLATE);

// Names are for ever: templates in the log have them.
constexpr std::array<std::string_view, 22> kReceiptValues{
    "change",         "copy_no",    "currency", "customer_name", "date",         "discount", "gross",
    "is_return",      "is_voided",  "net",      "receipt",       "receipt_id",   "rounding", "served_by",
    "source_sale_id", "store_name", "tax",      "terminal_id",   "terminal_seq", "time",     "tip",
    "total"};
constexpr std::array<std::string_view, 8> kLineValues{"discount", "gross", "name",     "net",
                                                      "quantity", "sku",   "tax_code", "unit_price"};
constexpr std::array<std::string_view, 3> kTaxValues{"amount", "tax_code", "taxable"};
constexpr std::array<std::string_view, 2> kChargeValues{"amount", "name"};
constexpr std::array<std::string_view, 2> kGiftCardValues{"amount", "gift_card"};
constexpr std::array<std::string_view, 3> kPaymentValues{"amount", "reference", "type"};
constexpr std::array<TemplateNames::List, 5> kReceiptLists{{
    {"charges", kChargeValues},
    {"gift_cards", kGiftCardValues},
    {"lines", kLineValues},
    {"payments", kPaymentValues},
    {"taxes", kTaxValues},
}};
constexpr TemplateNames kReceiptNames{kReceiptValues, kReceiptLists};

template <class Body>
void needs_template(const Body& command, std::vector<EntityRef>& out) {
  out.push_back({kMailTemplate, command.template_id()});
}

Refusal check_mail(const std::string& template_id) {
  if (template_id == kReceiptTemplate) return std::nullopt;
  return reject(schema::MAIL_TEMPLATE_UNKNOWN,
                "The mail that there is a template of is " + std::string(kReceiptTemplate), "/template");
}

Refusal check_part(const std::string& text, std::size_t most, TemplateForm form, const std::string& pointer) {
  if (text.size() > most) {
    return reject(schema::VALIDATION_FAILED, "At most " + std::to_string(most) + " bytes", pointer);
  }
  const std::optional<TemplateFault> fault = check_template(text, form, receipt_template_names());
  if (!fault) return std::nullopt;
  return reject(fault->unknown_name ? schema::MAIL_TEMPLATE_NAME_UNKNOWN : schema::MAIL_TEMPLATE_INVALID, fault->what,
                pointer);
}

Decision decide_set(const schema::SetMailTemplate& command, const Deciding& deciding) {
  if (auto refusal = check_mail(command.template_id())) return *std::move(refusal);
  if (command.subject().empty() && command.text().empty() && command.html().empty()) {
    return reject(schema::VALIDATION_FAILED, "A template has a subject, a text or HTML");
  }
  if (auto refusal = check_part(command.subject(), kMailSubjectTemplateMost, TemplateForm::kLine, "/subject")) {
    return *std::move(refusal);
  }
  if (auto refusal = check_part(command.text(), kMailTextTemplateMost, TemplateForm::kText, "/text")) {
    return *std::move(refusal);
  }
  if (auto refusal = check_part(command.html(), kMailHtmlTemplateMost, TemplateForm::kHtml, "/html")) {
    return *std::move(refusal);
  }
  Acceptance accepted;
  auto& fact =
      *add_event(accepted, deciding, schema::MAIL_TEMPLATE, command.template_id(), schema::Event::kMailTemplateSet)
           .mutable_mail_template_set();
  fact.set_template_id(command.template_id());
  fact.set_subject(command.subject());
  fact.set_text(command.text());
  fact.set_html(command.html());
  set_answer(accepted, deciding).set_template_id(command.template_id());
  return accepted;
}

bool has_own_words(const MailTemplateState* known) {
  return known != nullptr && (known->has_subject() || known->has_text() || known->has_html());
}

Decision decide_reset(const schema::ResetMailTemplate& command, const Deciding& deciding) {
  if (auto refusal = check_mail(command.template_id())) return *std::move(refusal);
  if (!has_own_words(deciding.books.get<MailTemplateState>(kMailTemplate, command.template_id()))) {
    return reject(schema::MAIL_TEMPLATE_NOT_SET, "The words of " + command.template_id() + " are the built-in ones",
                  "/template");
  }
  Acceptance accepted;
  add_event(accepted, deciding, schema::MAIL_TEMPLATE, command.template_id(), schema::Event::kMailTemplateReset)
      .mutable_mail_template_reset()
      ->set_template_id(command.template_id());
  set_answer(accepted, deciding).set_template_id(command.template_id());
  return accepted;
}

void begin_anew(MailTemplateState& state, const std::string& template_id, const schema::Record& record) {
  state.Clear();
  state.set_template_id(template_id);
  state.set_changed_at_us(record.recorded_at_us());
}

void evolve_set(MailTemplateState& state, const schema::MailTemplateSet& fact, const schema::Record& record) {
  begin_anew(state, fact.template_id(), record);
  if (!fact.subject().empty()) state.set_subject(fact.subject());
  if (!fact.text().empty()) state.set_text(fact.text());
  if (!fact.html().empty()) state.set_html(fact.html());
}

void evolve_reset(MailTemplateState& state, const schema::MailTemplateReset& fact, const schema::Record& record) {
  begin_anew(state, fact.template_id(), record);
}

using schema::Command;
using schema::Event;

constexpr std::array kCommands{
    command_rule<&Command::set_mail_template, needs_template<schema::SetMailTemplate>, decide_set>(
        Command::kSetMailTemplate),
    command_rule<&Command::reset_mail_template, needs_template<schema::ResetMailTemplate>, decide_reset>(
        Command::kResetMailTemplate),
};
constexpr std::array kEvents{
    event_rule<MailTemplateState, &Event::mail_template_set, evolve_set>(Event::kMailTemplateSet,
                                                                         schema::MAIL_TEMPLATE),
    event_rule<MailTemplateState, &Event::mail_template_reset, evolve_reset>(Event::kMailTemplateReset,
                                                                             schema::MAIL_TEMPLATE),
};
constexpr std::array kStates{state_rule<MailTemplateState>(schema::MAIL_TEMPLATE)};

}  // namespace

const Aggregate& mail_template_aggregate() {
  static constexpr Aggregate kAggregate{"mail_template", kCommands, kEvents, kStates};
  return kAggregate;
}

const TemplateNames& receipt_template_names() {
  return kReceiptNames;
}

}  // namespace till
