#include "api/pin_check.h"

#include <optional>
#include <string>

#include "schemas/state.pb.h"

namespace till {
namespace {

// What the command says of its PIN; null where it carries none.
struct PinOf {
  const std::string* pin = nullptr;
  schema::PinCheck* check = nullptr;
  std::string employee_id;  // empty: that of the session
  std::string session_id;
};

PinOf pin_of(schema::Command& command) {
  switch (int{command.command_case()}) {
    case schema::Command::kStartSession: {
      schema::StartSession& start = *command.mutable_start_session();
      if (start.pin().empty()) return {};
      return {&start.pin(), start.mutable_pin_check(), start.employee_id(), {}};
    }
    case schema::Command::kUnlockSession: {
      schema::UnlockSession& unlock = *command.mutable_unlock_session();
      if (unlock.pin().empty()) return {};
      return {&unlock.pin(), unlock.mutable_pin_check(), {}, unlock.session_id()};
    }
    case schema::Command::kElevateSession: {
      schema::ElevateSession& elevate = *command.mutable_elevate_session();
      if (elevate.pin().empty()) return {};
      return {&elevate.pin(), elevate.mutable_pin_check(), elevate.approver_id(), {}};
    }
  }
  return {};
}

// The entity as the read cache shows it; nothing where it is not there.
template <class State>
Result<std::optional<State>> look_up(Queries& queries, std::string_view tenant, schema::Kind kind,
                                     const std::string& id) {
  auto found = queries.entity(tenant, EntityKind(static_cast<std::uint16_t>(kind)), id, std::nullopt);
  if (!found.ok()) return found.error();
  if (!found->message) return std::optional<State>();
  return std::optional<State>(static_cast<const State&>(*found->message->state));
}

}  // namespace

Status check_pin(const PinHasher& hasher, Queries& queries, std::string_view tenant, schema::Command& command) {
  PinOf given = pin_of(command);
  if (given.pin == nullptr) return {};
  if (given.employee_id.empty()) {
    const auto session = look_up<schema::SessionState>(queries, tenant, schema::SESSION, given.session_id);
    if (!session.ok()) return session.error();
    if (session.value()) given.employee_id = session.value()->employee_id();
  }
  const auto employee = look_up<schema::EmployeeState>(queries, tenant, schema::EMPLOYEE, given.employee_id);
  if (!employee.ok()) return employee.error();
  if (!employee.value() || employee.value()->pin_hash().empty()) return {};
  given.check->set_pin_version(employee.value()->pin_version());
  given.check->set_matches(hasher.matches(tenant, given.employee_id, *given.pin, employee.value()->pin_hash()));
  return {};
}

}  // namespace till
