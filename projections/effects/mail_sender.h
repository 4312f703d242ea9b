// Who hands mails over to a server: SMTP (RFC 5321) with or without TLS and a login.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/result.h"
#include "projections/effects/mail_message.h"

namespace till {

class MailSender {
 public:
  virtual ~MailSender() = default;
  // Ok once a server has taken the mail. kInvalid: it refuses this receiver or this mail for good. All other errors may
  // pass, and the mail may have been taken all the same. An error names no receiver. Thread safe; bounded in time.
  virtual Status send(const MailMessage& message) = 0;
};

// Of smtp://; smtps:// speaks TLS from the first byte.
enum class StartTls : std::uint8_t {
  kRequired,
  kIfOffered,
  kNone,
};

struct SmtpOptions {
  std::string url;  // "smtp://mail.example:587", "smtps://mail.example"
  StartTls starttls = StartTls::kRequired;
  std::string user;  // empty: without a login
  std::string password;
  std::string ca_file;      // PEM, of who has signed the server's certificate; empty: the system's
  std::string client_name;  // said in EHLO; empty: the name of this machine
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{30'000};  // of a mail, from the connection to the last answer
};

inline constexpr std::chrono::milliseconds kSmtpTimeoutMost{10 * 60 * 1000};

// kInvalid with a sentence for whoever configures: not a URL of a mail server, times out of bounds, a password that
// would leave this machine in clear.
Status check_smtp_options(const SmtpOptions& options);

// One connection a mail, straight to the server: no proxy is asked. Thread safe.
class SmtpMailSender final : public MailSender {
 public:
  // Options that check_smtp_options() takes.
  explicit SmtpMailSender(SmtpOptions options);

  Status send(const MailMessage& message) override;
  // Connects, logs in and sends nothing. kUnavailable: the server cannot be reached or does not answer. kInvalid: it
  // does not do what is configured, TLS or the login, or its certificate is not to be trusted. Takes at most the
  // timeout.
  Status check() const;

 private:
  const SmtpOptions options_;
};

}  // namespace till
