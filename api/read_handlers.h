// The read routes: sales, customers, availability, dashboards, reports.
#pragma once

#include <memory>
#include <string_view>

#include "api/api_parts.h"
#include "api/credentials.h"
#include "api/http.h"
#include "api/read_request.h"
#include "api/routes.h"

namespace till {

// Thread safe. Cache reads are answered on the calling thread; reads that wait, and reports, on others.
class ReadHandlers {
 public:
  // `parts` outlives this object.
  explicit ReadHandlers(ApiParts& parts) : parts_(parts) {}

  // `match.route` is one of the read routes. `query` is undecoded.
  void handle(const HttpRequest& request, const RouteMatch& match, std::string_view query, const Principal& principal,
              HttpResponder responder);

 private:
  struct Pending;
  void wait(const std::shared_ptr<Pending>& pending);
  void run(const std::shared_ptr<Pending>& pending);
  HttpResponse answer(const ReadRequest& read);
  HttpResponse sale(const ReadRequest& read);
  HttpResponse customer(const ReadRequest& read);
  HttpResponse entity(const ReadRequest& read);
  HttpResponse found(const ReadRequest& read, const google::protobuf::Message& message, const LogPoint& at) const;
  HttpResponse missing(const ReadRequest& read, schema::ErrorCode code, const LogPoint& at) const;
  template <class Message>
  HttpResponse reflected(const ReadRequest& read, const Result<Reflected<Message>>& result) const;

  ApiParts& parts_;
};

}  // namespace till
