#include "api/receipt_mail_source.h"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "api/receipt.h"
#include "api/wire_values.h"
#include "commands/mail_template.h"
#include "schemas/commands.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

using MailClock = std::chrono::steady_clock;
using schema::Receipt;

// How long a mail waits for the read cache, and how often it looks.
constexpr std::chrono::milliseconds kMailCacheWaitMost{2000};
constexpr std::chrono::milliseconds kMailCacheLook{5};

// As text where it is not zero.
std::string amount_or_nothing(const schema::Money& money) {
  return money.amount() == 0 ? std::string() : amount_text(money);
}

std::string flag_text(bool set) {
  return set ? "yes" : "";
}

std::string number_or_nothing(std::uint64_t number) {
  return number == 0 ? std::string() : std::to_string(number);
}

TemplateTexts mail_receipt_values(const Receipt& receipt) {
  std::string date;
  append_date(receipt.business_date(), date);
  return {
      {"change", amount_or_nothing(receipt.change())},
      {"copy_no", number_or_nothing(receipt.copies())},
      {"currency", receipt.total().currency()},
      {"date", std::move(date)},
      {"discount", amount_or_nothing(receipt.discount())},
      {"gross", amount_text(receipt.gross())},
      {"is_return", flag_text(receipt.kind() == Receipt::RETURN)},
      {"is_voided", flag_text(receipt.state() == Receipt::VOIDED)},
      {"net", amount_text(receipt.net())},
      {"receipt", receipt_text(receipt)},
      {"receipt_id", receipt.receipt_id()},
      {"rounding", amount_or_nothing(receipt.cash_rounding())},
      {"served_by", receipt.employee_id()},
      {"source_sale_id", receipt.source_sale_id()},
      {"store_name", receipt.has_store_name() ? receipt.store_name() : receipt.store_id()},
      {"tax", amount_text(receipt.tax())},
      {"terminal_id", receipt.terminal_id()},
      {"terminal_seq", number_or_nothing(receipt.terminal_seq())},
      {"time", receipt.has_occurred_at_us() ? moment_text(receipt.occurred_at_us()) : std::string()},
      {"tip", amount_or_nothing(receipt.tip())},
      {"total", amount_text(receipt.total())},
  };
}

TemplateTexts mail_line_values(const Receipt::Line& line) {
  std::string quantity;
  append_decimal_e5(line.quantity_e5(), quantity);
  return {
      {"discount", amount_or_nothing(line.discount())},
      {"gross", amount_text(line.gross())},
      {"name", line.has_name() ? line.name() : line.sku()},
      {"net", amount_text(line.net())},
      {"quantity", std::move(quantity)},
      {"sku", line.sku()},
      {"tax_code", line.tax_code()},
      {"unit_price", price_text(line.unit_price())},
  };
}

}  // namespace

ReceiptTexts receipt_texts(const Receipt& receipt) {
  ReceiptTexts texts;
  texts.values = mail_receipt_values(receipt);
  for (const Receipt::Line& line : receipt.lines()) texts.lists["lines"].push_back(mail_line_values(line));
  for (const schema::TaxRow& tax : receipt.taxes()) {
    texts.lists["taxes"].push_back(
        {{"amount", amount_text(tax.amount())}, {"tax_code", tax.tax_code()}, {"taxable", amount_text(tax.taxable())}});
  }
  for (const schema::Charge& charge : receipt.charges()) {
    texts.lists["charges"].push_back({{"amount", amount_text(charge.amount())},
                                      {"name", charge.name().empty() ? charge.charge_id() : charge.name()}});
  }
  for (const Receipt::GiftCard& card : receipt.gift_cards()) {
    texts.lists["gift_cards"].push_back({{"amount", amount_text(card.amount())}, {"gift_card", card.gift_card()}});
  }
  for (const Receipt::Payment& payment : receipt.payments()) {
    texts.lists["payments"].push_back({{"amount", amount_text(payment.amount())},
                                       {"reference", payment.reference()},
                                       {"type", tender_text(payment.type())}});
  }
  return texts;
}

ReceiptMailSource::ReceiptMailSource(Queries& queries, const PersonKeys& keys) : queries_(queries), keys_(keys) {}

ReceiptMailSources ReceiptMailSource::sources() {
  return {.receipt = [this](const std::string& tenant, const ReceiptRef& ref,
                            Position at_least) { return receipt(tenant, ref, at_least); },
          .address = [this](const std::string& tenant, const std::string& customer_id,
                            Position at_least) { return address(tenant, customer_id, at_least); },
          .sealed_address = [this](const std::string& tenant, const std::string& customer_id, const std::string& sealed,
                                   Position at_least) { return sealed_address(tenant, customer_id, sealed, at_least); },
          .own_template = [this](const std::string& tenant) { return own_template(tenant); }};
}

Status ReceiptMailSource::wait_for(Position at_least) {
  const MailClock::time_point deadline = MailClock::now() + kMailCacheWaitMost;
  while (!queries_.reached(QueryView::kReadCache, at_least)) {
    if (MailClock::now() > deadline) return Error{ErrorKind::kUnavailable, "receipts: the read cache is behind"};
    std::this_thread::sleep_for(kMailCacheLook);
  }
  return {};
}

Result<std::optional<ReceiptTexts>> ReceiptMailSource::receipt(const std::string& tenant, const ReceiptRef& ref,
                                                               Position at_least) {
  if (Status reached = wait_for(at_least); !reached.ok()) return reached.error();
  const auto found = ref.kind == ReceiptRef::Kind::kSale ? queries_.sale_receipt(tenant, ref.id)
                                                         : queries_.return_receipt(tenant, ref.id);
  if (!found.ok()) return found.error();
  const std::optional<Receipt>& message = found.value().message;
  return message ? std::optional(receipt_texts(*message)) : std::nullopt;
}

// One merged into another has the other's address and wishes.
Result<MailReceiver> ReceiptMailSource::address(const std::string& tenant, const std::string& customer_id,
                                                Position at_least) {
  if (Status reached = wait_for(at_least); !reached.ok()) return reached.error();
  auto found = queries_.customer(tenant, customer_id);
  if (found.ok() && found->message && found->message->view.has_merged_into()) {
    const std::string into = found->message->view.merged_into();
    found = queries_.customer(tenant, into);
  }
  if (!found.ok()) return found.error();
  if (!found->message) return MailReceiver{};
  const SealedCustomer& customer = *found->message;
  if (customer.erased) return MailReceiver{.kind = MailReceiver::Kind::kErased, .address = {}, .name = {}};
  if (!customer.view.receipts_by_mail()) return MailReceiver{};
  return open(tenant, customer.view.customer_id(), customer.sealed);
}

Result<MailReceiver> ReceiptMailSource::sealed_address(const std::string& tenant, const std::string& customer_id,
                                                       const std::string& sealed, Position at_least) {
  if (Status reached = wait_for(at_least); !reached.ok()) return reached.error();
  // An erasure is in the log before the key is gone.
  const auto found = queries_.customer(tenant, customer_id);
  if (!found.ok()) return found.error();
  const std::optional<SealedCustomer>& customer = found.value().message;
  if (customer && customer->erased) return MailReceiver{.kind = MailReceiver::Kind::kErased, .address = {}, .name = {}};
  return open(tenant, customer_id, sealed);
}

Result<MailReceiver> ReceiptMailSource::open(std::string_view tenant, std::string_view person,
                                             std::string_view sealed) const {
  MailReceiver receiver;
  if (sealed.empty()) return receiver;
  const Result<std::optional<std::string>> plain = keys_.open(tenant, person, sealed);
  if (!plain.ok()) return plain.error();
  if (!plain.value()) {
    receiver.kind = MailReceiver::Kind::kErased;
    return receiver;
  }
  schema::PersonalData data;
  if (!data.ParseFromString(*plain.value())) {
    return Error{ErrorKind::kCorrupt, "receipts: sealed personal data does not parse"};
  }
  if (data.email().empty()) return receiver;
  receiver.kind = MailReceiver::Kind::kAddress;
  receiver.address = data.email();
  receiver.name = data.name();
  return receiver;
}

Result<MailTemplate> ReceiptMailSource::own_template(const std::string& tenant) {
  const EntityKind kind(static_cast<std::uint16_t>(schema::MAIL_TEMPLATE));
  const auto found = queries_.entity(tenant, kind, kReceiptTemplate, std::nullopt);
  if (!found.ok()) return found.error();
  const std::optional<ShownEntity>& entity = found.value().message;
  if (!entity) return MailTemplate{};
  const auto& state = static_cast<const schema::MailTemplateState&>(*entity->state);
  return MailTemplate{.subject = state.subject(), .text = state.text(), .html = state.html()};
}

}  // namespace till
