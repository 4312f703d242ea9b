// Mails over SMTP to a server that is run: what it gets, what it refuses, what it puts off, TLS and login.
#include "projections/effects/mail_sender.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "api/json_node.h"
#include "tests/mail_server.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kText = "Grüße\n.\n.. a dot\nFrom here on\n";

MailMessage mail_to(const std::string& receiver, const std::string& text = std::string(kText)) {
  auto mail = MailMessage::make({.from = *MailAddress::parse("receipts@shop.example"),
                                 .from_name = "Café \"Nord\"",
                                 .to = *MailAddress::parse(receiver),
                                 .to_name = {},
                                 .id = "till.0f.1.2.0",
                                 .subject = "Beleg über 12,50 €",
                                 .text = text,
                                 .html = "<p>Grüße</p>",
                                 .date = Micros(1'772'445'600'000'000)});
  REQUIRE(mail.ok());
  return mail.value();
}

SmtpOptions open_options(const MailServer& server) {
  SmtpOptions options;
  options.url = server.url();
  options.starttls = StartTls::kIfOffered;
  options.timeout = 20s;
  return options;
}

SmtpOptions tls_options(const MailServer& server, const std::string& scheme) {
  SmtpOptions options = open_options(server);
  options.url = server.url(scheme);
  options.starttls = StartTls::kRequired;
  options.ca_file = server.certificate();
  return options;
}

JsonNode stored_mail(const MailServer& server, std::size_t index) {
  const std::vector<std::string> lines = server.mails();
  REQUIRE(lines.size() > index);
  const Result<JsonNode> node = JsonNode::parse(lines[index]);
  REQUIRE(node.ok());
  return node.value();
}

}  // namespace

TEST_CASE("a mail arrives as it was written", "[effects][mail]") {
  const auto server = MailServer::start({});
  if (server == nullptr) return;
  SmtpMailSender sender(open_options(*server));
  CHECK(sender.check().ok());
  REQUIRE(sender.send(mail_to("ann@example.org")).ok());
  const JsonNode mail = stored_mail(*server, 0);
  CHECK(mail["message_id"].text() == "<till.0f.1.2.0@shop.example>");
  CHECK(mail["from"].text() == "receipts@shop.example");
  REQUIRE(mail["rcpt"].items().size() == 1);
  CHECK(mail["rcpt"].items().front().text() == "ann@example.org");
  CHECK(mail["subject"].text() == "Beleg über 12,50 €");
  std::string text(mail["text"].text());
  std::erase(text, '\r');
  CHECK(text == kText);
  CHECK(mail["html"].text().find("<p>Grüße</p>") != std::string_view::npos);
  CHECK(mail["headers"]["From"].text() == "\"Café \\\"Nord\\\"\" <receipts@shop.example>");
  CHECK(mail["headers"]["Auto-Submitted"].text() == "auto-generated");
  CHECK(mail["headers"]["Date"].text() == "Mon, 02 Mar 2026 10:00:00 +0000");
}

TEST_CASE("what a server refuses is refused for good, what it puts off is not", "[effects][mail]") {
  const auto server = MailServer::start({"--fail-first", "1", "--fail-code", "451"});
  if (server == nullptr) return;
  SmtpMailSender sender(open_options(*server));
  const Status refused = sender.send(mail_to("refused-ann@example.org"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kInvalid);
  CHECK(refused.error().message.find("550") != std::string::npos);
  // The server's answer names the receiver.
  CHECK(refused.error().message.find("ann") == std::string::npos);
  CHECK(sender.send(mail_to("later@example.org")).error().kind == ErrorKind::kUnavailable);
  CHECK(sender.send(mail_to("once@example.org")).error().kind == ErrorKind::kUnavailable);
  CHECK(sender.send(mail_to("once@example.org")).error().kind == ErrorKind::kUnavailable);  // the first one sent whole
  CHECK(sender.send(mail_to("once@example.org")).ok());
  CHECK(server->mails().size() == 1);
  server->kill();
  CHECK(sender.send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);
  CHECK(sender.check().error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("a mail that is refused once it was sent whole is refused for good", "[effects][mail]") {
  const auto server = MailServer::start({"--fail-first", "1", "--fail-code", "554"});
  if (server == nullptr) return;
  SmtpMailSender sender(open_options(*server));
  CHECK(sender.send(mail_to("ann@example.org")).error().kind == ErrorKind::kInvalid);
  CHECK(sender.send(mail_to("ann@example.org")).ok());
}

TEST_CASE("a server that dawdles holds up a mail for a bounded time", "[effects][mail]") {
  const auto server = MailServer::start({"--delay", "600"});
  if (server == nullptr) return;
  SmtpOptions options = open_options(*server);
  options.timeout = 300ms;
  SmtpMailSender sender(options);
  CHECK(sender.send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("TLS that is required is spoken, with whom the certificates name", "[effects][mail]") {
  const auto server = MailServer::start({"--starttls", "--user", "till", "--password", "secret"});
  if (server == nullptr) return;
  SmtpOptions options = tls_options(*server, "smtp");
  options.user = "till";
  options.password = "secret";
  SmtpMailSender sender(options);
  CHECK(sender.check().ok());
  REQUIRE(sender.send(mail_to("ann@example.org")).ok());
  CHECK(stored_mail(*server, 0)["tls"].boolean());
  CHECK(stored_mail(*server, 0)["user"].text() == "till");

  SmtpOptions strange = options;
  strange.ca_file.clear();
  CHECK(SmtpMailSender(strange).check().error().message.find("certificate") != std::string::npos);
  CHECK(SmtpMailSender(strange).send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);

  SmtpOptions wrong = options;
  wrong.password = "guess";
  CHECK(SmtpMailSender(wrong).check().error().kind == ErrorKind::kInvalid);
  CHECK(SmtpMailSender(wrong).check().error().message.find("login") != std::string::npos);
  // Somebody will set the password right.
  CHECK(SmtpMailSender(wrong).send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);

  // The server wants a login before it takes a mail.
  SmtpOptions nameless = options;
  nameless.user.clear();
  CHECK(SmtpMailSender(nameless).send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);
  CHECK(server->mails().size() == 1);
}

TEST_CASE("TLS from the first byte", "[effects][mail]") {
  const auto server = MailServer::start({"--tls", "--user", "till", "--password", "secret"});
  if (server == nullptr) return;
  SmtpOptions options = tls_options(*server, "smtps");
  options.user = "till";
  options.password = "secret";
  SmtpMailSender sender(options);
  CHECK(sender.check().ok());
  REQUIRE(sender.send(mail_to("ann@example.org")).ok());
  CHECK(stored_mail(*server, 0)["tls"].boolean());
}

TEST_CASE("a server without TLS or login is told from one that has them", "[effects][mail]") {
  const auto server = MailServer::start({});
  if (server == nullptr) return;
  SmtpOptions options = open_options(*server);
  options.starttls = StartTls::kRequired;
  const Status no_tls = SmtpMailSender(options).check();
  REQUIRE_FALSE(no_tls.ok());
  CHECK(no_tls.error().kind == ErrorKind::kInvalid);
  CHECK(no_tls.error().message.find("TLS") != std::string::npos);
  CHECK(SmtpMailSender(options).send(mail_to("ann@example.org")).error().kind == ErrorKind::kUnavailable);
  options.starttls = StartTls::kNone;
  options.user = "till";
  const Status no_login = SmtpMailSender(options).check();
  REQUIRE_FALSE(no_login.ok());
  CHECK(no_login.error().kind == ErrorKind::kInvalid);
  CHECK(no_login.error().message.find("login") != std::string::npos);
  CHECK(server->mails().empty());
}

TEST_CASE("a large mail and many at once", "[effects][mail]") {
  const auto server = MailServer::start({});
  if (server == nullptr) return;
  SmtpMailSender sender(open_options(*server));
  std::string text;
  for (int i = 0; i < 5000; ++i) text += ".line " + std::to_string(i) + "\n";
  const MailMessage mail = mail_to("ann@example.org", text);
  std::vector<std::thread> threads;
  std::vector<Status> sent(4);
  for (Status& status : sent) {
    threads.emplace_back([&sender, &status, &mail] { status = sender.send(mail); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Status& status : sent) CHECK(status.ok());
  REQUIRE(server->mails().size() == sent.size());
  std::string arrived(stored_mail(*server, 3)["text"].text());
  std::erase(arrived, '\r');
  CHECK(arrived == text);
}

TEST_CASE("what a mail server's options must be", "[effects][mail]") {
  SmtpOptions good;
  good.url = "smtp://mail.example:587";
  good.user = "till";
  CHECK(check_smtp_options(good).ok());
  good.url = "smtps://[2001:db8::1]:465";
  CHECK(check_smtp_options(good).ok());
  for (const char* url : {"", "mail.example", "http://mail.example", "smtp://", "smtp://user@mail.example",
                          "smtp://mail.example/path", "smtp://mail.example\r\n", "file:///etc/passwd"}) {
    CAPTURE(url);
    SmtpOptions bad = good;
    bad.url = url;
    CHECK(check_smtp_options(bad).error().kind == ErrorKind::kInvalid);
  }
  SmtpOptions clear = good;
  clear.url = "smtp://mail.example";
  clear.starttls = StartTls::kIfOffered;
  CHECK_FALSE(check_smtp_options(clear).ok());
  clear.user.clear();
  CHECK(check_smtp_options(clear).ok());
  clear.user = "till";
  clear.url = "smtp://localhost:25";
  CHECK(check_smtp_options(clear).ok());
  SmtpOptions endless = good;
  endless.timeout = 24h;
  CHECK_FALSE(check_smtp_options(endless).ok());
  SmtpOptions named = good;
  named.client_name = "till\r\nMAIL";
  CHECK_FALSE(check_smtp_options(named).ok());
}

}  // namespace till::testing
