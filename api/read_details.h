// What the handlers of read routes share beside their class.
#pragma once

#include <google/protobuf/message.h>

#include "api/http.h"
#include "api/read_request.h"

namespace till {

// 503: the view does not answer now. What the view said stays inside: it may name hosts and files.
HttpResponse view_unavailable(const ReadRequest& read);

// The JSON form leaves internal fields out by itself, the Protobuf form would not.
void clear_internal(google::protobuf::Message& message);

}  // namespace till
