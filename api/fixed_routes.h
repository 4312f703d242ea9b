// The routes of CONTRACT.md that no command message carries: reads, the batch, probes and documents.
#pragma once

#include <vector>

#include "api/routes.h"

namespace till {

// Without their path segments, which routes.cpp fills.
std::vector<Route> fixed_routes();

}  // namespace till
