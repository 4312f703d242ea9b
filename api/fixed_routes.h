// The routes of CONTRACT.md that no command message carries: reads, the batch, probes and documents.
#pragma once

#include <vector>

#include "api/routes.h"

namespace till {

// Without their path segments, which routes.cpp fills.
std::vector<Route> fixed_routes();

// `as_of` of the reads that can look back.
QueryParameter as_of_parameter();

}  // namespace till
