#include "ops/mail.h"

#include <utility>

#include "api/html_text.h"
#include "engine/durable_file.h"
#include "ops/effect_factory.h"
#include "projections/effects/attempts.h"
#include "projections/effects/mail_message.h"

namespace till {
namespace {

std::optional<StartTls> starttls_of(const std::string& text) {
  if (text == "required") return StartTls::kRequired;
  if (text == "if_offered") return StartTls::kIfOffered;
  if (text == "none") return StartTls::kNone;
  return std::nullopt;
}

// Without the password.
SmtpOptions smtp_options(const MailSettings& settings) {
  SmtpOptions options;
  options.url = settings.url;
  options.starttls = starttls_of(settings.starttls).value_or(StartTls::kRequired);
  options.user = settings.user;
  options.ca_file = settings.ca_file;
  return options;
}

DeliveryAttempt attempt_of(const Status& sent) {
  return sent.ok() ? DeliveryAttempt() : not_delivered(sent.error());
}

}  // namespace

Result<std::string> read_secret_line(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text.ok()) return Error{ErrorKind::kInvalid, "cannot read " + path + ": " + text.error().message};
  return text->substr(0, text->find_first_of("\r\n"));
}

Status check_mail_settings(const MailSettings& settings) {
  if (settings.url.empty()) return {};
  if (!MailAddress::parse(settings.from)) {
    return Error{ErrorKind::kInvalid, "mail.from is the address of the sender, such as receipts@shop.example"};
  }
  if (!starttls_of(settings.starttls)) {
    return Error{ErrorKind::kInvalid, "mail.starttls is required, if_offered or none"};
  }
  if (settings.user.empty() != settings.password_file.empty()) {
    return Error{ErrorKind::kInvalid, "mail.user and mail.password_file go together"};
  }
  const Status checked = check_smtp_options(smtp_options(settings));
  return checked.ok() ? checked : Status(Error{ErrorKind::kInvalid, "mail: " + checked.error().message});
}

Result<std::unique_ptr<SmtpMailSender>> make_mail_sender(const MailSettings& settings) {
  if (Status checked = check_mail_settings(settings); !checked.ok()) return checked.error();
  SmtpOptions options = smtp_options(settings);
  if (!settings.password_file.empty()) {
    Result<std::string> password = read_secret_line(settings.password_file);
    if (!password.ok()) return password.error();
    options.password = std::move(*password);
    const Status checked = check_smtp_options(options);
    if (!checked.ok()) return Error{ErrorKind::kInvalid, "mail: " + checked.error().message};
  }
  return std::make_unique<SmtpMailSender>(std::move(options));
}

SendMail text_mail(MailSender& sender, const MailSettings& settings) {
  const std::optional<MailAddress> from = MailAddress::parse(settings.from);
  TILL_ASSERT(from.has_value());
  return [&sender, from = *from, name = settings.from_name](const std::string& to, const std::string& subject,
                                                            const std::string& text, const std::string& message_id) {
    const std::optional<MailAddress> address = MailAddress::parse(to);
    if (!address) return attempt_of(Error{ErrorKind::kInvalid, "mail: not an address that can be written to"});
    const MailParts parts{.from = from,
                          .from_name = name,
                          .to = *address,
                          .to_name = {},
                          .id = message_id,
                          .subject = subject,
                          .text = text,
                          .html = "<pre>" + html_text(text) + "</pre>\n",
                          .date = effect_time()};
    const Result<MailMessage> message = MailMessage::make(parts);
    return attempt_of(message.ok() ? sender.send(*message) : Status(message.error()));
  };
}

}  // namespace till
