#include "api/read_handlers.h"

#include <utility>
#include <vector>

#include "api/command_codec.h"
#include "api/command_flow.h"
#include "api/read_details.h"
#include "api/reply.h"
#include "api/report_csv.h"
#include "projections/effects/alert_receivers.h"

namespace till {
namespace {

QueryView view_of(RouteKind kind) {
  return is_report(kind) ? QueryView::kReporting : QueryView::kReadCache;
}

}  // namespace

HttpResponse view_unavailable(const ReadRequest& read) {
  const std::string_view detail = view_of(read.kind) == QueryView::kReporting
                                      ? "the reporting database is not reachable; sales and other reads go on"
                                      : std::string_view();
  return problem_response(make_problem(schema::VIEW_UNAVAILABLE, detail, read.instance), read.form);
}

HttpResponse unreadable_person(const ReadRequest& read) {
  return problem_response(make_problem(schema::INTERNAL_ERROR, "the personal data cannot be read", read.instance),
                          read.form);
}

HttpResponse not_reflected(const ReadRequest& read, const Error& error) {
  if (error.kind != ErrorKind::kInvalid) return view_unavailable(read);
  const auto problem = make_problem(schema::PARAMETER_INVALID, "the answer would be too large", read.instance);
  return problem_response(problem, read.form);
}

HttpResponse csv_response(const google::protobuf::Message& report) {
  HttpResponse response;
  response.content_type = kCsv;
  response.body = to_csv(report);
  return response;
}

// The JSON form leaves internal fields out by itself, the Protobuf form would not.
void clear_internal(google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* const field : fields) {
    if (field->options().GetExtension(schema::internal)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      clear_internal(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        clear_internal(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

struct ReadHandlers::Pending {
  ReadRequest read;
  HttpResponder responder;

  void refuse(schema::ErrorCode code) {
    responder.send(problem_response(make_problem(code, {}, read.instance), read.form));
  }
};

void ReadHandlers::handle(const HttpRequest& request, const RouteMatch& match, std::string_view query,
                          const Principal& principal, HttpResponder responder) {
  auto pending = std::make_shared<Pending>();
  pending->responder = std::move(responder);
  ReadRequest& read = pending->read;
  read.tenant = principal.tenant;
  read.instance = request_instance(request);
  read.sees_persons = principal.scope != schema::REPORTING;  // as those who may read a customer
  read.form = wire_form_of_accept(request.accept, WireForm::kJson);
  read.receipt_form = receipt_form_of_accept(request.accept);
  if (principal.scope == schema::TERMINAL) read.bound_terminal = principal.terminal;
  std::optional<schema::Problem> problem = refuse_scope(principal, *match.route, read.instance);
  if (!problem) problem = read_parameters(match, query, read);
  read.csv = is_report(read.kind) && (read.format == "csv" || (read.format.empty() && accepts_csv(request.accept)));
  const bool sees_customers = principal.has(schema::TERMINAL) || principal.has(schema::MANAGER);
  if (!problem && read.expands_customer && !sees_customers) {
    problem = make_problem(schema::FORBIDDEN, "the scope of this key does not include GetCustomer", read.instance);
  }
  if (!problem) problem = read_wait(request, parts_.engine.feed(), read);
  if (!problem) problem = read_as_of(parts_.engine.feed(), read);
  if (!problem) problem = read_after(parts_.engine.feed(), read);
  // No wait brings a view that is not there.
  if (const auto why = parts_.queries.missing(view_of(match.route->kind)); !problem && !why.empty()) {
    problem = make_problem(schema::VIEW_UNAVAILABLE, why, read.instance);
  }
  if (problem) return pending->responder.send(problem_response(*problem, read.form));
  if (read.at_least) return wait(pending);
  run(pending);
}

void ReadHandlers::wait(const std::shared_ptr<Pending>& pending) {
  const ReadRequest& read = pending->read;
  const bool taken = parts_.waits.wait(view_of(read.kind), *read.at_least, read.wait, [this, pending](bool reached) {
    if (reached) return run(pending);
    const bool failing = parts_.queries.failing(view_of(pending->read.kind));
    pending->refuse(failing ? schema::VIEW_UNAVAILABLE : schema::VIEW_BEHIND);
  });
  if (!taken) pending->refuse(schema::OVERLOADED);
}

void ReadHandlers::run(const std::shared_ptr<Pending>& pending) {
  const RouteKind kind = pending->read.kind;
  const bool reads_log = pending->read.as_of || kind == RouteKind::kChanges || kind == RouteKind::kDeadLetters ||
                         kind == RouteKind::kDeadLetter || kind == RouteKind::kWebhookDeliveries;
  if (view_of(pending->read.kind) == QueryView::kReadCache && !reads_log) {
    return pending->responder.send(answer(pending->read));
  }
  const bool posted = parts_.reports.post([this, pending] { pending->responder.send(answer(pending->read)); });
  if (!posted) pending->refuse(schema::OVERLOADED);
}

HttpResponse ReadHandlers::answer(const ReadRequest& read) {
  Queries& queries = parts_.queries;
  switch (read.kind) {
    case RouteKind::kSale:
      return sale(read);
    case RouteKind::kCustomer:
      return customer(read);
    case RouteKind::kEntity:
      return entity(read);
    case RouteKind::kAvailability:
      return reflected(read, queries.availability(read.tenant, read.store_id, read.skus, read.as_of));
    case RouteKind::kStoreDashboard:
    case RouteKind::kTenantDashboard:
      return reflected(read, queries.dashboard(read.tenant, read.store_id, read.business_date));
    case RouteKind::kSalesReport:
      return reflected(read, queries.sales_report(read.tenant, read.range));
    case RouteKind::kChanges:
      return changes(read);
    case RouteKind::kTableReport:
      return table_report(read);
    case RouteKind::kSaleReceipt:
      return receipt(read, queries.sale_receipt(read.tenant, read.id), schema::SALE_NOT_FOUND);
    case RouteKind::kReturnReceipt:
      return receipt(read, queries.return_receipt(read.tenant, read.id), read.missing_code);
    case RouteKind::kProduct:
      return product(read);
    case RouteKind::kProducts:
      return page(read, queries.products(read.tenant, read.page));
    case RouteKind::kLowStock:
      return page(read, queries.low_stock(read.tenant, read.store_id, read.page));
    case RouteKind::kSessions:
      return page(read, queries.open_sessions(read.tenant, read.store_id, read.page));
    case RouteKind::kShifts:
      return page(read, queries.open_shifts(read.tenant, read.store_id, read.shift_status, read.page));
    case RouteKind::kTouchSession:
      return touch(read);
    case RouteKind::kDeadLetters:
      return page(read, queries.dead_letters(read.tenant, read.effect, read.page));
    case RouteKind::kDeadLetter:
      return dead_letter(read);
    case RouteKind::kWebhookDeliveries:
      return webhook_deliveries(read);
    case RouteKind::kCommand:
    case RouteKind::kBatch:
    case RouteKind::kSync:
    case RouteKind::kLivez:
    case RouteKind::kReadyz:
    case RouteKind::kOpenApi:
    case RouteKind::kAsyncApi:
    case RouteKind::kEventProto:
    case RouteKind::kDocs:
      break;
  }
  return problem_response(make_problem(schema::INTERNAL_ERROR, {}, read.instance), read.form);
}

HttpResponse ReadHandlers::sale(const ReadRequest& read) {
  auto result = parts_.queries.sale(read.tenant, read.id, read.as_of);
  if (!result.ok()) return view_unavailable(read);
  if (!result.value().message) return missing(read, schema::SALE_NOT_FOUND, result.value().at);
  if (!expand(read, *result.value().message)) return view_unavailable(read);
  return found(read, *result.value().message, result.value().at);
}

HttpResponse ReadHandlers::customer(const ReadRequest& read) {
  auto result = parts_.queries.customer(read.tenant, read.id);
  if (!result.ok()) return view_unavailable(read);
  Lookup<SealedCustomer>& lookup = *result;
  if (!lookup.message) return missing(read, schema::CUSTOMER_NOT_FOUND, lookup.at);
  if (lookup.message->erased) return missing(read, schema::CUSTOMER_ERASED, lookup.at);
  if (!open(read, read.id, *lookup.message)) return unreadable_person(read);
  HttpResponse response = found(read, lookup.message->view, lookup.at);
  response.headers.emplace_back("ETag", entity_tag(StreamVersion(lookup.message->view.version())));
  return response;
}

HttpResponse ReadHandlers::changes(const ReadRequest& read) {
  auto result = parts_.queries.changes(read.tenant, read.changes);
  if (!result.ok()) return view_unavailable(read);
  ChangesPage& page = result->message;
  schema::Changes answer;
  for (EntityChange& change : page.changes) {
    schema::Change& shown = *answer.add_changes();
    shown = std::move(change.change);
    shown.set_position(parts_.text_of(change.at));
    if (!change.customer) continue;
    if (read.sees_persons && !open(read, change.customer->view.customer_id(), *change.customer)) {
      return unreadable_person(read);
    }
    *shown.mutable_entity()->mutable_customer() = std::move(change.customer->view);
  }
  answer.set_next(parts_.text_of(page.next));
  answer.set_has_more(page.has_more);
  clear_internal(answer);
  return found(read, answer, result->at);
}

HttpResponse ReadHandlers::entity(const ReadRequest& read) {
  const EntityKind kind(static_cast<std::uint16_t>(read.entity));
  const auto result = parts_.queries.entity(read.tenant, kind, read.id, read.as_of);
  if (!result.ok()) return view_unavailable(read);
  if (!result.value().message && read.empty != nullptr) return found(read, *read.empty, result.value().at);
  if (!result.value().message) return missing(read, read.missing_code, result.value().at);
  const ShownEntity& shown = *result.value().message;
  if (read.entity == schema::ALERT_POLICY) {
    auto& policy = static_cast<schema::AlertPolicyState&>(*shown.state);
    if (!open_alert_receivers(parts_.person_keys, read.tenant, policy).ok()) return unreadable_person(read);
  }
  clear_internal(*shown.state);
  HttpResponse response = found(read, *shown.state, result.value().at);
  response.headers.emplace_back("ETag", entity_tag(shown.version));
  return response;
}

HttpResponse ReadHandlers::table_report(const ReadRequest& read) {
  TableReportRequest request = read.report;
  request.tenant = read.tenant;
  const Result<TableReportAt> result = parts_.queries.table_report(request);
  if (!result.ok()) return not_reflected(read, result.error());
  const TableReportAt& found_report = result.value();
  if (found_report.report == nullptr) return missing(read, read.missing_code, found_report.at);
  return found(read, *found_report.report, found_report.at);
}

HttpResponse ReadHandlers::found(const ReadRequest& read, const google::protobuf::Message& message,
                                 const LogPoint& at) const {
  HttpResponse response = read.csv ? csv_response(message) : message_response(message, read.form);
  set_position(response, parts_.text_of(at));
  return response;
}

HttpResponse ReadHandlers::missing(const ReadRequest& read, schema::ErrorCode code, const LogPoint& at) const {
  HttpResponse response = problem_response(make_problem(code, {}, read.instance), read.form);
  set_position(response, parts_.text_of(at));
  return response;
}

template <class Message>
HttpResponse ReadHandlers::reflected(const ReadRequest& read, const Result<Reflected<Message>>& result) const {
  if (!result.ok()) return not_reflected(read, result.error());
  return found(read, result.value().message, result.value().at);
}

}  // namespace till
