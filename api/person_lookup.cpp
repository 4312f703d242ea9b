#include "api/person_lookup.h"

#include <chrono>
#include <thread>

#include "schemas/commands.pb.h"

namespace till {
namespace {

using LookupClock = std::chrono::steady_clock;

// How long an update waits for the read cache, and how often it looks.
constexpr std::chrono::milliseconds kCacheWaitMost{2000};
constexpr std::chrono::milliseconds kCacheLook{5};

bool updates_personal_data(const schema::UpdateCustomer& update) {
  return !update.name().empty() || !update.email().empty() || !update.phone().empty();
}

Result<bool> customer_is_there(Queries& queries, std::string_view tenant, std::string_view customer_id) {
  const auto found = queries.customer(tenant, customer_id);
  if (!found.ok()) return found.error();
  return found->message.has_value();
}

}  // namespace

Result<bool> may_have_key(const PersonKeys& keys, Queries& queries, Feed& feed, std::string_view tenant,
                          const google::protobuf::Message& command, const RegisteredPersons& registered) {
  if (command.GetDescriptor() != schema::UpdateCustomer::descriptor()) return true;
  const auto& update = static_cast<const schema::UpdateCustomer&>(command);
  if (!updates_personal_data(update) || keys.knows(tenant, update.customer_id())) return true;
  if (registered.contains(update.customer_id())) return true;
  const Position head = feed.durable().position;
  Result<bool> there = customer_is_there(queries, tenant, update.customer_id());
  if (!there.ok() || there.value()) return there;
  const LookupClock::time_point deadline = LookupClock::now() + kCacheWaitMost;
  while (!queries.reached(QueryView::kReadCache, head)) {
    if (LookupClock::now() > deadline) return Error{ErrorKind::kUnavailable, "the read cache is behind"};
    std::this_thread::sleep_for(kCacheLook);
  }
  return customer_is_there(queries, tenant, update.customer_id());
}

void note_registration(const google::protobuf::Message& command, RegisteredPersons& registered) {
  if (command.GetDescriptor() != schema::RegisterCustomer::descriptor()) return;
  registered.insert(static_cast<const schema::RegisterCustomer&>(command).customer_id());
}

}  // namespace till
