// What drawers, accounts of value and transfers add to the log's digest.
#pragma once

#include <cstdint>
#include <string>

#include "projections/managed_view.h"
#include "schemas/events.pb.h"

namespace till {

// Does nothing where the event moves neither cash of a drawer nor an account of value, cancels no ticket, loses no
// goods between stores, and is no act of an employee.
void add_value(Digests& digests, const std::string& tenant, const schema::Event& event);

// What an event does to the goods between the stores of its tenant. `ships`: its transaction sends a transfer off.
std::int64_t transit_change(const schema::Event& event, bool ships);

}  // namespace till
