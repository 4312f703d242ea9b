#include "projections/effects/receipt_mail.h"

#include <algorithm>
#include <array>
#include <utility>

#include "projections/effects/attempts.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryAttempt::Kind;

constexpr std::array<std::chrono::milliseconds, 4> kFirstMailWaits{30s, 2min, 10min, 1h};
constexpr std::chrono::milliseconds kLaterMailWait{4h};
constexpr std::uint32_t kMailAttemptsMost = 20;
// Before the event's own name in the Message-ID.
constexpr std::string_view kMailIdPrefix = "till.";

// What an event asks for.
struct ReceiptWish {
  ReceiptRef receipt;
  std::string customer_id;
  std::optional<std::string> sealed;  // where one mail was asked for
  Micros occurred_at;                 // else
};

ReceiptWish wish_of(const schema::SaleCompleted& sale, ReceiptRef::Kind kind, const std::string& id) {
  return {.receipt = {.kind = kind, .id = id},
          .customer_id = sale.customer_id(),
          .sealed = std::nullopt,
          .occurred_at = Micros(sale.occurred_at_us())};
}

// Nothing where the event is none of those that are wanted.
std::optional<ReceiptWish> wish_of(const EffectMessage& message) {
  schema::Event event;
  if (!event.ParseFromString(message.payload)) return std::nullopt;
  if (event.has_sale_completed()) {
    const schema::SaleCompleted& sale = event.sale_completed();
    return wish_of(sale, ReceiptRef::Kind::kSale, sale.sale_id());
  }
  if (event.has_return_completed()) {
    const schema::ReturnCompleted& returned = event.return_completed();
    return wish_of(returned.receipt(), ReceiptRef::Kind::kReturn, returned.return_id());
  }
  if (!event.has_receipt_requested()) return std::nullopt;
  const schema::ReceiptRequested& asked = event.receipt_requested();
  return ReceiptWish{.receipt = {.kind = ReceiptRef::Kind::kSale, .id = asked.sale_id()},
                     .customer_id = asked.customer_id(),
                     .sealed = asked.sealed(),
                     .occurred_at = message.recorded_at};
}

// What is stored and cannot be read is so the next time; the rest may pass.
DeliveryAttempt failed_mail(const Error& error) {
  return not_delivered(error.kind == ErrorKind::kCorrupt ? Error{ErrorKind::kInvalid, error.message} : error);
}

DeliveryAttempt refused_mail(std::string why) {
  return failed_mail({ErrorKind::kInvalid, std::move(why)});
}

}  // namespace

ReceiptMail::ReceiptMail(MailSender& sender, ReceiptMailSources sources, Clock clock, ReceiptMailOptions options)
    : sender_(sender), sources_(std::move(sources)), clock_(std::move(clock)), options_(std::move(options)) {}

std::string_view ReceiptMail::name() const {
  return "receipts";
}

bool ReceiptMail::wants(std::string_view event_name) const {
  return event_name == "ReceiptRequested" || event_name == "SaleCompleted" || event_name == "ReturnCompleted";
}

Result<std::vector<std::string>> ReceiptMail::targets(const EffectMessage& message) {
  const std::optional<ReceiptWish> wish = wish_of(message);
  const std::vector<std::string> nobody;
  const std::vector<std::string> customer{""};
  if (!wish) return customer;  // whose delivery tells what is wrong
  if (wish->customer_id.empty()) return nobody;
  const std::int64_t age_most = std::chrono::microseconds(options_.age_most).count();
  const bool old = wish->occurred_at.value() < message.recorded_at.value() - age_most;
  return old ? nobody : customer;
}

DeliveryAttempt ReceiptMail::deliver(const EffectMessage& message, const std::string&) {
  const std::optional<ReceiptWish> wish = wish_of(message);
  if (!wish) return refused_mail("receipts: not an event with a receipt");
  const Position at = message.event.position;
  const Result<MailReceiver> receiver =
      wish->sealed ? sources_.sealed_address(message.tenant, wish->customer_id, *wish->sealed, at)
                   : sources_.address(message.tenant, wish->customer_id, at);
  if (!receiver.ok()) return failed_mail(receiver.error());
  if (receiver->kind == MailReceiver::Kind::kNone) return {};
  if (receiver->kind == MailReceiver::Kind::kErased) return {.kind = Kind::kErased, .error = {}, .not_before = {}};
  const std::optional<MailAddress> to = MailAddress::parse(receiver->address);
  if (!to) return refused_mail("receipts: the address is none that mail is sent to");
  Result<std::optional<ReceiptTexts>> texts = sources_.receipt(message.tenant, wish->receipt, at);
  if (!texts.ok()) return failed_mail(texts.error());
  if (!texts->has_value()) return refused_mail("receipts: there is no receipt");
  const Result<MailMessage> mail = compose(message, receiver.value(), *to, std::move(**texts));
  if (!mail.ok()) return failed_mail(mail.error());
  const Status sent = sender_.send(mail.value());
  return sent.ok() ? DeliveryAttempt() : failed_mail(sent.error());
}

Result<MailMessage> ReceiptMail::compose(const EffectMessage& message, const MailReceiver& receiver,
                                         const MailAddress& to, ReceiptTexts texts) const {
  const Result<MailTemplate> own = sources_.own_template(message.tenant);
  if (!own.ok()) return own.error();
  texts.values["customer_name"] = receiver.name;
  const Result<MailTemplate> words = fill_receipt_template(own.value(), texts);
  if (!words.ok()) return words.error();
  return MailMessage::make({.from = options_.from,
                            .from_name = options_.from_name.empty() ? texts.values["store_name"] : options_.from_name,
                            .to = to,
                            .to_name = receiver.name,
                            .id = std::string(kMailIdPrefix) + message.id,
                            .subject = words.value().subject,
                            .text = words.value().text,
                            .html = words.value().html,
                            .date = clock_()});
}

std::optional<std::chrono::milliseconds> ReceiptMail::wait_after(std::uint32_t attempts) const {
  return wait_of(kFirstMailWaits, kLaterMailWait, kMailAttemptsMost, attempts);
}

}  // namespace till
