// What the HTTP servers count, for /metrics.
#pragma once

#include "api/http_server.h"
#include "api/metrics_text.h"

namespace till {

void write_http_metrics(MetricsText& text, const HttpServerCounters& counters);

}  // namespace till
