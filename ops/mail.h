// The mail server of the configuration.
#pragma once

#include <memory>
#include <string>

#include "engine/result.h"
#include "ops/mail_settings.h"
#include "projections/effects/alert_channels.h"
#include "projections/effects/mail_sender.h"

namespace till {

// What cannot be right whatever the server says. kInvalid. Opens no file.
Status check_mail_settings(const MailSettings& settings);
// kInvalid where the settings are no good, or the password's file cannot be read.
Result<std::unique_ptr<SmtpMailSender>> make_mail_sender(const MailSettings& settings);
// Mails of plain text, as alerts are. `sender` outlives the result.
SendMail text_mail(MailSender& sender, const MailSettings& settings);

// The first line of a file. kInvalid where it cannot be read.
Result<std::string> read_secret_line(const std::string& path);

}  // namespace till
