// What can go wrong, as the description of the API tells it: problem details (RFC 9457), the codes, and which statuses
// a route answers with.
#pragma once

#include <vector>

#include "api/routes.h"
#include "engine/json_writer.h"

namespace till {

// Rising; none of them a success.
std::vector<unsigned> problem_statuses(const Route& route);

// Members of components/schemas.
void write_problem_schemas(JsonWriter& json);

// The member `responses` of components: one a status that some route answers with.
void write_problem_responses(JsonWriter& json);

// The member `x-error-codes`: every code with its status and title.
void write_error_list(JsonWriter& json);

}  // namespace till
