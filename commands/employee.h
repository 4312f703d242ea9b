// Employees of a chain: where they work and what they may do. Stream: employee/<employee_id>. Their PINs:
// employee_pin.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "commands/rules.h"

namespace till {

// Bounds of one employee's entity.
inline constexpr int kStoresMost = 200;
inline constexpr std::uint32_t kSessionsMost = 32;

const Aggregate& employee_aggregate();

// An employee's name among the persons of a tenant, under which what is personal is sealed. Customers go by their bare
// ids, and no id has a slash, so the two never meet.
std::string employee_person(std::string_view employee_id);

// Null where there is none.
const schema::EmployeeState* find_employee(const Deciding& deciding, std::string_view employee_id);

Rejection reject_employee_not_found(std::string_view employee_id, std::string pointer);

// EMPLOYEE_DISABLED at /employee_id, NOT_ASSIGNED at /store_id.
Refusal check_works_in(const schema::EmployeeState& employee, std::string_view store_id);

// An employee without a list of stores works in every one.
bool works_in(const schema::EmployeeState& employee, std::string_view store_id);
bool has_permission(const schema::EmployeeState& employee, schema::Permission permission);

}  // namespace till
