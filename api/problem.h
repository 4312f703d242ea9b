// Problem details (RFC 9457): the one shape of every error answer. The value is till.schema.Problem itself; status,
// title and retryable come from the options of the error code. Thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/field_error.h"
#include "engine/domain.h"
#include "schemas/errors.pb.h"

namespace till {

inline constexpr std::string_view kProblemJson = "application/problem+json";

// What an error code means to HTTP. Views are of static storage.
struct ErrorTraits {
  schema::ErrorCode code = schema::INTERNAL_ERROR;
  std::string_view name;  // "INSUFFICIENT_STOCK"
  std::string_view title;
  std::string type;  // "urn:till:error:insufficient-stock"
  unsigned http_status = 500;
  bool retryable = false;
};

// A code outside of the enum reads as INTERNAL_ERROR.
const ErrorTraits& error_traits(schema::ErrorCode code);
std::optional<schema::ErrorCode> error_code_by_name(std::string_view name);

// `instance` names the request, for instance "/requests/17"; may be empty.
schema::Problem make_problem(schema::ErrorCode code, std::string_view detail = {}, std::string_view instance = {});
// VALIDATION_FAILED with its field errors.
schema::Problem make_problem(const FieldErrors& errors, std::string_view instance = {});
// A decision of the domain: its code, detail, expected sequence, and pointer (as the one field error) where it has one.
schema::Problem make_problem(const Rejection& rejection, std::string_view instance = {});

// Members in the order of CONTRACT.md; instance, errors and expected only where set. The detail of a problem that has
// none of its own is its title.
std::string problem_json(const schema::Problem& problem);
// The body in the form that the client speaks: problem_json() or serialized Problem.
std::string problem_body(const schema::Problem& problem, bool as_protobuf);

}  // namespace till
