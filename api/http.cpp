#include "api/http.h"

#include "api/http_problem.h"

namespace till {

HttpResponder::~HttpResponder() {
  if (sink_) send(transport_problem(schema::INTERNAL_ERROR, "the request was dropped without an answer"));
}

}  // namespace till
