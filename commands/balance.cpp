#include "commands/balance.h"

#include "commands/store.h"

namespace till {
namespace {

constexpr EntityKind kStore = kind_of(schema::STORE);

// The last microsecond of the year 9999: later moments have no text form.
constexpr std::int64_t kMomentMostUs = 253'402'300'799'999'999;

std::string currency_of(std::string_view pointer) {
  return std::string(pointer) + "/currency";
}

}  // namespace

Refusal check_amount(std::int64_t amount, std::string_view currency, std::string_view pointer) {
  if (!currency_exponent(currency)) {
    return reject(schema::CURRENCY_UNKNOWN, "Not an ISO 4217 currency", currency_of(pointer));
  }
  if (amount > 0 && amount <= kAmountMost) return std::nullopt;
  return reject(schema::AMOUNT_INVALID, "An amount is above zero and at most 10^15 minor units", std::string(pointer));
}

Refusal check_currency(std::string_view stated, std::string_view of_account, std::string_view pointer) {
  if (stated == of_account) return std::nullopt;
  return reject(schema::CURRENCY_MISMATCH, "The account is kept in " + std::string(of_account), currency_of(pointer));
}

Refusal check_expiry(std::int64_t expires_at_us, const Deciding& deciding) {
  if (expires_at_us == 0) return std::nullopt;
  if (expires_at_us > deciding.context.recorded_at.value() && expires_at_us <= kMomentMostUs) return std::nullopt;
  return reject(schema::VALIDATION_FAILED, "The expiry lies in the future, up to the year 9999", "/expires_at");
}

void need_store(std::string_view store_id, std::vector<EntityRef>& out) {
  out.push_back({kStore, std::string(store_id)});
}

Refusal take_business_date(const Deciding& deciding, std::string_view store_id, Acceptance& accepted) {
  const schema::StoreState* store = nullptr;
  if (auto refusal = find_store(deciding.books, store_id, "/store_id", store)) return refusal;
  set_business_date(accepted, deciding, *store);
  return std::nullopt;
}

}  // namespace till
