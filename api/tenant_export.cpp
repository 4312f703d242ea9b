#include "api/tenant_export.h"

#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/operator_log.h"
#include "api/personal_data.h"
#include "commands/alert_policy.h"
#include "engine/json_writer.h"
#include "schemas/events.pb.h"

namespace till {
namespace {

// Of the log, for one page.
constexpr std::size_t kExportTransactions = 2000;
constexpr std::size_t kExportBytes = 4u << 20;

// What proves a secret is of no use to whom the data belongs, and a PIN has few digits.
void clear_secrets(google::protobuf::Message& event) {
  auto& body = static_cast<schema::Event&>(event);
  if (body.has_employee_pin_set()) body.mutable_employee_pin_set()->clear_pin_hash();
  if (body.has_api_key_issued()) body.mutable_api_key_issued()->clear_secret_sha256();
}

struct SealedEvent {
  std::string person;
  std::string_view sealed;
};

SealedEvent sealed_of(const schema::Event& event) {
  switch (int{event.event_case()}) {
    case schema::Event::kCustomerRegistered:
      return {event.customer_registered().customer_id(), event.customer_registered().sealed()};
    case schema::Event::kCustomerUpdated:
      return {event.customer_updated().customer_id(), event.customer_updated().sealed()};
    case schema::Event::kEmployeeUpserted:
      return {employee_person(event.employee_upserted().employee_id()), event.employee_upserted().sealed()};
    case schema::Event::kAlertPolicySet:
      return {std::string(kAlertPerson), event.alert_policy_set().sealed()};
  }
  return {};
}

void write_person(const schema::PersonalData& person, std::uint64_t event, JsonWriter& json) {
  json.begin_object().key("event").number(event);
  if (!person.name().empty()) json.member("name", person.name());
  if (!person.email().empty()) json.member("email", person.email());
  if (!person.phone().empty()) json.member("phone", person.phone());
  if (!person.slack_url().empty()) json.member("slack_url", person.slack_url());
  if (!person.mail_to().empty()) {
    json.array("mail_to");
    for (const std::string& address : person.mail_to()) json.string(address);
    json.end_array();
  }
  json.end_object();
}

class TenantExport {
 public:
  TenantExport(Feed& feed, const Domain& domain, const PersonKeys& keys, const Credentials& credentials)
      : feed_(feed), domain_(domain), keys_(keys), credentials_(credentials) {}

  OperatorAnswer page(const OperatorRequest& request) const {
    const std::string tenant(request.text("tenant"));
    if (!credentials_.tenant_exists(tenant)) return operator_problem(schema::TENANT_NOT_FOUND, {});
    const std::string_view text = request.text("from");
    std::uint64_t from = 1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), from);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!text.empty() && (!whole || from == 0)) {
      return operator_problem(schema::PARAMETER_INVALID, "from is a number above 0");
    }
    std::vector<TransactionPtr> batch;
    if (Status read = feed_.read(Position(from - 1), kExportTransactions, kExportBytes, batch); !read.ok()) {
      return operator_problem(read.error());
    }
    OperatorAnswer answer;
    JsonWriter json(answer.body);
    json.begin_object().key("head").number(feed_.durable().position.value());
    json.key("next").number(batch.empty() ? from : batch.back()->position().value() + 1).array("lines");
    for (const TransactionPtr& transaction : batch) {
      if (transaction->record().tenant() != tenant) continue;
      if (Status written = write_line(*transaction, json); !written.ok()) return operator_problem(written.error());
    }
    json.end_array().end_object();
    return answer;
  }

 private:
  Status write_line(const Transaction& transaction, JsonWriter& json) const {
    json.begin_object().key("record").raw(record_json(transaction, domain_, clear_secrets)).array("personal");
    for (int i = 0; i < transaction.event_count(); ++i) {
      const SealedEvent event = sealed_of(static_cast<const schema::Event&>(transaction.event(i)));
      if (event.sealed.empty()) continue;
      const auto person = open_personal_data(keys_, transaction.record().tenant(), event.person, event.sealed);
      if (!person.ok()) return person.error();
      write_person(person.value(), static_cast<std::uint64_t>(i), json);
    }
    json.end_array().end_object();
    return {};
  }

  Feed& feed_;
  const Domain& domain_;
  const PersonKeys& keys_;
  const Credentials& credentials_;
};

}  // namespace

void add_tenant_export_route(OperatorApi& api, Feed& feed, const Domain& domain, const PersonKeys& keys,
                             const Credentials& credentials) {
  const auto tenants = std::make_shared<TenantExport>(feed, domain, keys, credentials);
  api.add("GET", "/operator/tenants/export",
          [tenants](const OperatorRequest& request) { return tenants->page(request); });
}

}  // namespace till
