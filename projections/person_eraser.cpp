#include "projections/person_eraser.h"

#include <chrono>
#include <string>
#include <vector>

#include "commands/alert_policy.h"
#include "commands/employee.h"
#include "schemas/events.pb.h"
#include "schemas/state.pb.h"

namespace till {
namespace {

// Of the log, at once: what the follower is handed, and what is read where the persons of a tenant are looked for.
constexpr std::size_t kEraserBatchTransactions = 2048;
constexpr std::size_t kEraserBatchBytes = 4u << 20;
// Erasures are rare: looking at every group of sales as it comes would cost more than all of them.
constexpr std::chrono::milliseconds kEraserPace{50};

// Whom an event made known first, or again; empty where it is about nobody new.
std::string person_of_event(const schema::RecordedEvent& event) {
  switch (event.type()) {
    case schema::Event::kCustomerRegisteredFieldNumber:
      return event.stream_id();
    case schema::Event::kEmployeeUpsertedFieldNumber:
      return employee_person(event.stream_id());
    case schema::Event::kAlertPolicySetFieldNumber:
      return std::string(kAlertPerson);
    default:
      return {};
  }
}

}  // namespace

PersonEraser::PersonEraser(Engine& engine, PersonKeys& keys)
    : feed_(engine.feed()),
      keys_(keys),
      at_(engine.feed().durable()),
      follower_(engine.feed(), *this,
                {.max_batch_transactions = kEraserBatchTransactions,
                 .max_batch_bytes = kEraserBatchBytes,
                 .pace = kEraserPace}) {}

PersonEraser::~PersonEraser() {
  stop();
}

void PersonEraser::stop() {
  stopping_ = true;
  follower_.stop();
}

Result<std::unique_ptr<PersonEraser>> PersonEraser::open(Engine& engine, PersonKeys& keys) {
  std::unique_ptr<PersonEraser> made(new PersonEraser(engine, keys));
  if (Status erased = made->erase_all(engine); !erased.ok()) return erased.error();
  made->follower_.start();
  return made;
}

// Whose key is destroyed already costs no write.
Status PersonEraser::erase_all(Engine& engine) {
  std::set<std::string, std::less<>> deleted;
  Status scanned = engine.scan(EntityKind(schema::TENANT),
                               [&](std::string_view tenant, std::string_view, const google::protobuf::Message& state) {
                                 if (static_cast<const schema::TenantState&>(state).deleted()) deleted.emplace(tenant);
                               });
  if (!scanned.ok()) return scanned;
  Status trouble;
  scanned = engine.scan(EntityKind(schema::CUSTOMER),
                        [&](std::string_view tenant, std::string_view id, const google::protobuf::Message& state) {
                          const auto& customer = static_cast<const schema::CustomerState&>(state);
                          const bool erased = customer.status() == schema::CustomerState::ERASED ||
                                              (deleted.contains(tenant) && keys_.knows(tenant, id));
                          if (erased && trouble.ok()) trouble = keys_.erase(tenant, id);
                        });
  if (!scanned.ok()) return scanned;
  for (const std::string& tenant : deleted) {
    if (trouble.ok() && keys_.knows(tenant, kAlertPerson)) trouble = keys_.erase(tenant, kAlertPerson);
  }
  if (deleted.empty()) return trouble;
  scanned = engine.scan(EntityKind(schema::EMPLOYEE),
                        [&](std::string_view tenant, std::string_view id, const google::protobuf::Message&) {
                          const std::string person = employee_person(id);
                          if (!deleted.contains(tenant) || !trouble.ok() || !keys_.knows(tenant, person)) return;
                          trouble = keys_.erase(tenant, person);
                        });
  return scanned.ok() ? trouble : scanned;
}

// The log alone tells who the tenant's persons are. Reading it takes a while, which is why it happens once a tenant; a
// start in the middle of it destroys the keys of all of them.
Status PersonEraser::erase_tenant(const std::string& tenant, Position until) {
  std::vector<TransactionPtr> batch;
  for (Position at; at < until && !stopping_;) {
    if (Status read = feed_.read(at, kEraserBatchTransactions, kEraserBatchBytes, batch); !read.ok()) return read;
    if (batch.empty()) return {};
    for (const TransactionPtr& transaction : batch) {
      const schema::Record& record = transaction->record();
      if (record.tenant() != tenant) continue;
      if (Status erased = erase_persons(record); !erased.ok()) return erased;
    }
    at = batch.back()->position();
  }
  return {};
}

Status PersonEraser::erase_persons(const schema::Record& record) {
  for (const schema::RecordedEvent& event : record.events()) {
    const std::string person = person_of_event(event);
    if (person.empty() || !keys_.knows(record.tenant(), person)) continue;
    if (Status erased = keys_.erase(record.tenant(), person); !erased.ok()) return erased;
  }
  return {};
}

Result<LogPoint> PersonEraser::checkpoint() {
  const std::lock_guard lock(mutex_);
  return at_;
}

Status PersonEraser::apply(std::span<const TransactionPtr> batch) {
  for (const TransactionPtr& transaction : batch) {
    const schema::Record& record = transaction->record();
    for (int i = 0; i < transaction->event_count(); ++i) {
      const std::uint32_t type = record.events(i).type();
      Status erased;
      if (type == schema::Event::kCustomerErasedFieldNumber) {
        erased = keys_.erase(record.tenant(), record.events(i).stream_id());
      } else if (type == schema::Event::kTenantDeletedFieldNumber) {
        erased = erase_tenant(record.tenant(), transaction->position());
      }
      if (!erased.ok()) return erased;
    }
  }
  const std::lock_guard lock(mutex_);
  TILL_ASSERT(batch.front()->position() == at_.position.next());
  at_ = batch.back()->point();
  return {};
}

}  // namespace till
