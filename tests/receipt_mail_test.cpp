// The effect that mails receipts, on a sender and sources that are made up.
#include "projections/effects/receipt_mail.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "schemas/events.pb.h"

namespace till::testing {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryAttempt::Kind;

constexpr std::int64_t kNowUs = 1'772'445'600'000'000;
constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;

// Answers what it is told to.
class ToldSender final : public MailSender {
 public:
  Status send(const MailMessage& message) override {
    mails.push_back(message);
    return next;
  }
  std::vector<MailMessage> mails;
  Status next;
};

class MailDesk {
 public:
  MailDesk() {
    receiver.kind = MailReceiver::Kind::kAddress;
    receiver.address = "ann@example.org";
    receiver.name = "Ann";
    texts.emplace();
    texts->values = {{"store_name", "High Street"}, {"date", "2026-03-02"}, {"receipt", "TOTAL 5.00\n"}};
  }

  ToldSender sender;
  MailReceiver receiver;
  std::optional<ReceiptTexts> texts;
  std::optional<Error> trouble;  // of all sources
  MailTemplate own;
  std::vector<std::string> asked;
  ReceiptMail effect{sender, sources(), [] { return Micros(kNowUs); },
                     ReceiptMailOptions{.from = *MailAddress::parse("receipts@shop.example"), .from_name = {}}};

 private:
  ReceiptMailSources sources() {
    ReceiptMailSources made;
    made.receipt = [this](const std::string& tenant, const ReceiptRef& receipt,
                          Position at_least) -> Result<std::optional<ReceiptTexts>> {
      const std::string kind = receipt.kind == ReceiptRef::Kind::kSale ? "sale " : "return ";
      note(kind + receipt.id, tenant, at_least);
      if (trouble) return *trouble;
      return texts;
    };
    made.address = [this](const std::string& tenant, const std::string& customer_id,
                          Position at_least) -> Result<MailReceiver> {
      note("address of " + customer_id, tenant, at_least);
      if (trouble) return *trouble;
      return receiver;
    };
    made.sealed_address = [this](const std::string& tenant, const std::string& customer_id, const std::string& sealed,
                                 Position at_least) -> Result<MailReceiver> {
      note("sealed " + sealed + " of " + customer_id, tenant, at_least);
      if (trouble) return *trouble;
      return receiver;
    };
    made.own_template = [this](const std::string&) -> Result<MailTemplate> { return own; };
    return made;
  }
  void note(const std::string& what, const std::string& tenant, Position at_least) {
    asked.push_back(tenant + ": " + what + " at " + std::to_string(at_least.value()));
  }
};

EffectMessage message_of(const schema::Event& event, const std::string& name) {
  EffectMessage message;
  message.event = {Position(7), 1};
  message.id = "0123456789abcdef0123456789abcdef.1.7.1";
  message.tenant = "acme";
  message.event_name = name;
  message.recorded_at = Micros(kNowUs);
  message.payload = event.SerializeAsString();
  return message;
}

EffectMessage sale_message(const std::string& customer_id = "C1", std::int64_t occurred_at_us = kNowUs) {
  schema::Event event;
  auto& sale = *event.mutable_sale_completed();
  sale.set_sale_id("V1");
  sale.set_customer_id(customer_id);
  sale.set_occurred_at_us(occurred_at_us);
  return message_of(event, "SaleCompleted");
}

EffectMessage return_message() {
  schema::Event event;
  auto& returned = *event.mutable_return_completed();
  returned.set_return_id("R1");
  returned.mutable_receipt()->set_customer_id("C1");
  returned.mutable_receipt()->set_occurred_at_us(kNowUs);
  return message_of(event, "ReturnCompleted");
}

EffectMessage request_message() {
  schema::Event event;
  auto& asked = *event.mutable_receipt_requested();
  asked.set_sale_id("V1");
  asked.set_customer_id("C1");
  asked.set_sealed("bytes");
  return message_of(event, "ReceiptRequested");
}

std::size_t targets_of(MailDesk& desk, const EffectMessage& message) {
  const auto targets = desk.effect.targets(message);
  REQUIRE(targets.ok());
  return targets.value().size();
}

}  // namespace

TEST_CASE("a receipt that was asked for goes to the address that came with the wish", "[effects][mail]") {
  MailDesk desk;
  CHECK(desk.effect.name() == "receipts");
  CHECK(desk.effect.wants("ReceiptRequested"));
  CHECK_FALSE(desk.effect.wants("ReceiptCopied"));
  CHECK(targets_of(desk, request_message()) == 1);
  CHECK(desk.effect.deliver(request_message(), "").kind == Kind::kDone);
  CHECK(desk.asked == std::vector<std::string>{"acme: sealed bytes of C1 at 7", "acme: sale V1 at 7"});
  REQUIRE(desk.sender.mails.size() == 1);
  const MailMessage& mail = desk.sender.mails.front();
  CHECK(mail.to().text() == "ann@example.org");
  CHECK(mail.from().text() == "receipts@shop.example");
  CHECK(mail.message_id() == "<till.0123456789abcdef0123456789abcdef.1.7.1@shop.example>");
  CHECK(mail.bytes().find("From: \"High Street\"\r\n") != std::string::npos);
  CHECK(mail.bytes().find("Subject: Your receipt at High Street, 2026-03-02\r\n") != std::string::npos);
  CHECK(mail.bytes().find("Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n") != std::string::npos);
  CHECK(mail.bytes().find("Hello Ann,\r\n") != std::string::npos);
  CHECK(mail.bytes().find("TOTAL 5.00\r\n") != std::string::npos);
}

TEST_CASE("sales and returns go to customers who want their receipts so", "[effects][mail]") {
  MailDesk desk;
  CHECK(desk.effect.wants("SaleCompleted"));
  CHECK(desk.effect.wants("ReturnCompleted"));
  CHECK_FALSE(desk.effect.wants("TrainingSaleCompleted"));
  CHECK(targets_of(desk, sale_message()) == 1);
  CHECK(targets_of(desk, return_message()) == 1);
  CHECK(targets_of(desk, sale_message("")) == 0);
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kDone);
  CHECK(desk.effect.deliver(return_message(), "").kind == Kind::kDone);
  CHECK(desk.asked == std::vector<std::string>{"acme: address of C1 at 7", "acme: sale V1 at 7",
                                               "acme: address of C1 at 7", "acme: return R1 at 7"});
  CHECK(desk.sender.mails.size() == 2);
  desk.receiver.kind = MailReceiver::Kind::kNone;
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kDone);
  CHECK(desk.sender.mails.size() == 2);
}

TEST_CASE("what is imported long after it happened is mailed to nobody", "[effects][mail]") {
  MailDesk desk;
  CHECK(targets_of(desk, sale_message("C1", kNowUs - 14 * kDayUs)) == 1);
  CHECK(targets_of(desk, sale_message("C1", kNowUs - 14 * kDayUs - 1)) == 0);
  CHECK(targets_of(desk, sale_message("C1", kNowUs + kDayUs)) == 1);
}

TEST_CASE("a person who is erased gets no mail", "[effects][mail]") {
  MailDesk desk;
  desk.receiver = {.kind = MailReceiver::Kind::kErased, .address = {}, .name = {}};
  CHECK(desk.effect.deliver(request_message(), "").kind == Kind::kErased);
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kErased);
  CHECK(desk.sender.mails.empty());
}

TEST_CASE("what may pass is tried again, the rest is not", "[effects][mail]") {
  MailDesk desk;
  desk.sender.next = Error{ErrorKind::kUnavailable, "away"};
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kFailed);
  CHECK(desk.effect.deliver(sale_message(), "").error == "away");
  desk.sender.next = Error{ErrorKind::kInvalid, "refused"};
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kRefused);
  // Each try has the same id.
  CHECK(desk.sender.mails.front().message_id() == desk.sender.mails.back().message_id());
  desk.sender.mails.clear();
  desk.sender.next = {};

  desk.trouble = Error{ErrorKind::kUnavailable, "behind"};
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kFailed);
  desk.trouble = Error{ErrorKind::kCorrupt, "not sealed so"};
  CHECK(desk.effect.deliver(request_message(), "").kind == Kind::kRefused);
  desk.trouble.reset();

  desk.receiver.address = "ann@example.org>\r\nRCPT TO:<all@example.org";
  const DeliveryAttempt attempt = desk.effect.deliver(request_message(), "");
  CHECK(attempt.kind == Kind::kRefused);
  CHECK(attempt.error.find("ann") == std::string::npos);
  desk.receiver.address = "ann@example.org";
  desk.own.text = "{{total";
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kRefused);
  desk.own = {};
  desk.texts.reset();
  CHECK(desk.effect.deliver(sale_message(), "").kind == Kind::kRefused);
  EffectMessage strange = sale_message();
  strange.payload = "\xff";
  CHECK(targets_of(desk, strange) == 1);
  CHECK(desk.effect.deliver(strange, "").kind == Kind::kRefused);
  CHECK(desk.sender.mails.empty());
}

TEST_CASE("a name that was given for sending stands above the store's", "[effects][mail]") {
  MailDesk desk;
  ReceiptMailSources sources;
  sources.address = [&desk](const auto&...) -> Result<MailReceiver> { return desk.receiver; };
  sources.receipt = [&desk](const auto&...) -> Result<std::optional<ReceiptTexts>> { return desk.texts; };
  sources.own_template = [](const auto&) -> Result<MailTemplate> { return MailTemplate{}; };
  ReceiptMail effect(
      desk.sender, sources, [] { return Micros(kNowUs); },
      ReceiptMailOptions{.from = *MailAddress::parse("a@b.example"), .from_name = "Shop"});
  CHECK(effect.deliver(sale_message(), "").kind == Kind::kDone);
  CHECK(desk.sender.mails.front().bytes().find("From: \"Shop\"\r\n <a@b.example>\r\n") != std::string::npos);
}

TEST_CASE("a mail server that is away is asked for days, less and less often", "[effects][mail]") {
  MailDesk desk;
  CHECK(desk.effect.wait_after(1) == 30s);
  CHECK(desk.effect.wait_after(2) == 2min);
  CHECK(desk.effect.wait_after(3) == 10min);
  CHECK(desk.effect.wait_after(4) == 1h);
  CHECK(desk.effect.wait_after(5) == 4h);
  CHECK(desk.effect.wait_after(19) == 4h);
  CHECK_FALSE(desk.effect.wait_after(20).has_value());
}

}  // namespace till::testing
