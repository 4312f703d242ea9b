// Problem details (RFC 9457) of troubles met before a handler sees the request.
#pragma once

#include <string_view>

#include "api/http.h"
#include "schemas/errors.pb.h"

namespace till {

// An application/problem+json answer with status, title, name and retryability of `code` as schemas/errors.proto states
// them. A retryable 503 carries Retry-After. `detail` may be any text. Thread safe.
HttpResponse transport_problem(schema::ErrorCode code, std::string_view detail);

}  // namespace till
