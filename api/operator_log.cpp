#include "api/operator_log.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "api/log_verifier.h"
#include "engine/json_writer.h"
#include "engine/position_text.h"

namespace till {
namespace {

constexpr std::size_t kRecordsBytesMost = 16u << 20;  // of one answer
constexpr std::uint64_t kRecordsDefault = 20;
// The sequencer looks at the clock every 100 ms when it is idle.
constexpr std::chrono::milliseconds kConfirmWait{1000};
constexpr std::chrono::milliseconds kConfirmLook{5};

struct TenantStats {
  std::uint64_t transactions = 0;
  WideSum sales = 0;
  WideSum voids = 0;
  std::map<std::string, WideSum> net;  // by currency
};

std::map<std::string, TenantStats> tenants_of(const LogDigest& digest) {
  std::map<std::string, TenantStats> tenants;
  for (const auto& [tenant, transactions] : digest.transactions()) {
    if (!tenant.empty()) tenants[tenant].transactions = transactions;
  }
  for (const auto& [key, one] : digest.digests()) {
    TenantStats& tenant = tenants[key.tenant];
    tenant.sales += one.sales - one.voids;
    tenant.voids += one.voids;
    if (!key.currency.empty()) tenant.net[key.currency] = one.net;
  }
  return tenants;
}

void write_tenants(JsonWriter& json, const std::map<std::string, TenantStats>& tenants) {
  json.array("tenants");
  for (const auto& [name, tenant] : tenants) {
    json.begin_object().member("tenant", name).key("transactions").number(tenant.transactions);
    json.key("sales").raw(to_text(tenant.sales)).key("voids").raw(to_text(tenant.voids)).array("net");
    for (const auto& [currency, amount] : tenant.net) {
      json.begin_object().key("amount").raw(to_text(amount)).member("currency", currency).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_point(JsonWriter& json, const LogPoint& point) {
  json.member("log_id", to_hex(as_bytes(point.log_id))).key("epoch").number(point.epoch.value());
  json.key("head").number(point.position.value());
  json.member("position", position_text(point.log_id, point.epoch, point.position));
  json.member("chain", to_hex(as_bytes(point.hash)));
}

// `otherwise` where it is not given; false where it is no number.
bool number_of(std::string_view text, std::uint64_t otherwise, std::uint64_t& value) {
  value = otherwise;
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

OperatorLog::OperatorLog(Log& log, Engine& engine, const Domain& domain)
    : log_(log), engine_(engine), feed_(engine.feed()), domain_(domain) {}

OperatorAnswer OperatorLog::head() const {
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  write_point(json, feed_.durable());
  json.end_object();
  return answer;
}

// transactions counts commands that were accepted; records about the log itself are in head only. sales leaves voided
// ones out, as the sums do.
OperatorAnswer OperatorLog::stats(const std::atomic<bool>& stopping) {
  const std::lock_guard lock(digest_mutex_);
  const LogPoint durable = feed_.durable();
  if (Status advanced = advance_digest(feed_, durable.position, digest_, &stopping); !advanced.ok()) {
    return operator_problem(advanced.error());
  }
  const auto tenants = tenants_of(digest_);
  std::uint64_t transactions = 0;
  for (const auto& [name, tenant] : tenants) transactions += tenant.transactions;
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object();
  write_point(json, durable);
  json.key("transactions").number(transactions).key("events").number(digest_.events());
  write_tenants(json, tenants);
  json.end_object();
  return answer;
}

OperatorAnswer OperatorLog::records(const OperatorRequest& request) const {
  std::uint64_t from = 0;
  std::uint64_t count = 0;
  if (!number_of(request.text("from"), 1, from) || !number_of(request.text("count"), kRecordsDefault, count)) {
    return operator_problem(schema::PARAMETER_INVALID, "from and count are numbers");
  }
  count = std::min<std::uint64_t>(count, kRecordsMost);
  from = std::max<std::uint64_t>(from, 1);
  std::vector<TransactionPtr> batch;
  if (count > 0) {
    const Status read = feed_.read(Position(from - 1), count, kRecordsBytesMost, batch);
    if (!read.ok()) return operator_problem(read.error());
  }
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("head").number(feed_.durable().position.value()).array("records");
  for (const TransactionPtr& transaction : batch) json.raw(record_json(*transaction, domain_));
  json.end_array().end_object();
  return answer;
}

OperatorAnswer OperatorLog::verify(const std::atomic<bool>& stopping) const {
  const LogVerification verification = verify_log(log_, domain_, &stopping);
  if (!verification.result.ok() && verification.result.error().kind == ErrorKind::kCancelled) {
    return operator_problem(verification.result.error());
  }
  const LogPoint& last = verification.last;
  OperatorAnswer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("ok").boolean(verification.result.ok()).key("verified").number(verification.verified);
  json.key("events").number(verification.events);
  write_point(json, last);
  if (!verification.result.ok()) json.member("error", verification.result.error().message);
  json.end_object();
  return answer;
}

// The sequencer takes the confirmation with its next look at the clock, so the answer waits for that.
OperatorAnswer OperatorLog::confirm_clock() {
  engine_.confirm_clock();
  const auto end = std::chrono::steady_clock::now() + kConfirmWait;
  while (!engine_.ready() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kConfirmLook);
  OperatorAnswer answer;
  JsonWriter(answer.body).begin_object().key("ready").boolean(engine_.ready()).end_object();
  return answer;
}

void OperatorLog::add_routes(OperatorApi& api) {
  const std::atomic<bool>& stopping = api.stopping();
  api.add("GET", "/operator/log/head", [this](const OperatorRequest&) { return head(); });
  api.add("GET", "/operator/log/stats", [this, &stopping](const OperatorRequest&) { return stats(stopping); });
  api.add("GET", "/operator/log/records", [this](const OperatorRequest& request) { return records(request); });
  api.add("POST", "/operator/log/verify", [this, &stopping](const OperatorRequest&) { return verify(stopping); });
  api.add("POST", "/operator/clock/confirm", [this](const OperatorRequest&) { return confirm_clock(); });
}

}  // namespace till
