// The read routes: sales, customers, availability, dashboards, reports, changes.
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
  HttpResponse changes(const ReadRequest& read);
  HttpResponse table_report(const ReadRequest& read);
  HttpResponse receipt(const ReadRequest& read, const Result<Lookup<schema::Receipt>>& result,
                       schema::ErrorCode missing_code) const;
  HttpResponse product(const ReadRequest& read);
  HttpResponse touch(const ReadRequest& read);
  HttpResponse dead_letter(const ReadRequest& read);
  HttpResponse webhook_deliveries(const ReadRequest& read);
  template <class Message>
  HttpResponse page(const ReadRequest& read, Result<Paged<Message>>&& result) const;
  // Fills in what was asked to be shown whole; false where the view does not answer.
  bool expand(const ReadRequest& read, schema::SaleView& sale);
  // Fills in the personal fields; false where they cannot be read.
  bool open(const ReadRequest& read, std::string_view customer_id, SealedCustomer& customer);
  HttpResponse found(const ReadRequest& read, const google::protobuf::Message& message, const LogPoint& at) const;
  HttpResponse missing(const ReadRequest& read, schema::ErrorCode code, const LogPoint& at) const;
  template <class Message>
  HttpResponse reflected(const ReadRequest& read, const Result<Reflected<Message>>& result) const;

  ApiParts& parts_;
};

}  // namespace till
