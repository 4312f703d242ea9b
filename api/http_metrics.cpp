#include "api/http_metrics.h"

namespace till {

void write_http_metrics(MetricsText& text, const HttpServerCounters& counters) {
  text.gauge("till_http_open_connections", "Connections open now.", counters.open_connections);
  text.gauge("till_http_in_flight", "Requests at the handler now.", counters.in_flight);
  text.counter("till_http_requests_total", "Requests handed to the handler.", counters.requests);
  text.counter("till_http_refused_total", "Requests answered or closed by the server itself.", counters.refused);
  text.counter("till_http_timeouts_total", "Connections closed for being slow.", counters.timeouts);
  text.counter("till_http_received_bytes_total", "Bytes received.", counters.bytes_in);
  text.counter("till_http_sent_bytes_total", "Bytes sent.", counters.bytes_out);
}

}  // namespace till
