// Receipts by mail: of what a customer asked for by address (ReceiptRequested), and of every sale and return of a
// customer who wants them so. What is sent, and to whom, is asked for when it is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/effect.h"
#include "projections/effects/mail_sender.h"
#include "projections/effects/receipt_template.h"

namespace till {

struct ReceiptRef {
  enum class Kind : std::uint8_t { kSale, kReturn };
  Kind kind = Kind::kSale;
  std::string id;
};

struct MailReceiver {
  enum class Kind : std::uint8_t {
    kNone,  // no address is known, or no mail is wanted
    kAddress,
    kErased,  // the person is
  };
  Kind kind = Kind::kNone;
  std::string address;
  std::string name;  // empty where it is not known
};

// All of them are thread safe and bounded in time. They know what the log had at `at_least`; kUnavailable: not yet. An
// error names no person.

// The receipt as it stands; nothing where there is none.
using ReceiptOf = std::function<Result<std::optional<ReceiptTexts>>(const std::string& tenant,
                                                                    const ReceiptRef& receipt, Position at_least)>;
// Where a customer wants all receipts.
using AddressOf =
    std::function<Result<MailReceiver>(const std::string& tenant, const std::string& customer_id, Position at_least)>;
// What an event has sealed for one mail, under the key of the customer.
using SealedAddressOf = std::function<Result<MailReceiver>(const std::string& tenant, const std::string& customer_id,
                                                           const std::string& sealed, Position at_least)>;
// The tenant's own words, empty where it has none.
using ReceiptTemplateOf = std::function<Result<MailTemplate>(const std::string& tenant)>;

struct ReceiptMailSources {
  ReceiptOf receipt;
  AddressOf address;
  SealedAddressOf sealed_address;
  ReceiptTemplateOf own_template;
};

struct ReceiptMailOptions {
  MailAddress from;
  std::string from_name;  // empty: the store's
  // A sale that came in later than this after it happened is mailed on request only: tills that were away send their
  // receipts, years that are imported do not.
  std::chrono::hours age_most{14 * 24};
};

class ReceiptMail final : public Effect {
 public:
  using Clock = std::function<Micros()>;  // now

  // `sender` outlives it.
  ReceiptMail(MailSender& sender, ReceiptMailSources sources, Clock clock, ReceiptMailOptions options);

  std::string_view name() const override;
  bool wants(std::string_view event_name) const override;
  // Nobody where the sale has no customer.
  Result<std::vector<std::string>> targets(const EffectMessage& message) override;
  DeliveryAttempt deliver(const EffectMessage& message, const std::string& target) override;
  // 30 s, 2 min, 10 min, 1 h, then every 4 h; dead after 20 attempts.
  std::optional<std::chrono::milliseconds> wait_after(std::uint32_t attempts) const override;

 private:
  Result<MailMessage> compose(const EffectMessage& message, const MailReceiver& receiver, const MailAddress& to,
                              ReceiptTexts texts) const;

  MailSender& sender_;
  const ReceiptMailSources sources_;
  const Clock clock_;
  const ReceiptMailOptions options_;
};

}  // namespace till
