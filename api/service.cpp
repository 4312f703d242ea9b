#include "api/service.h"

#include <chrono>
#include <utility>
#include <vector>

#include "api/asyncapi.h"
#include "api/command_codec.h"
#include "api/event_proto.h"
#include "api/openapi.h"
#include "api/reply.h"
#include "api/report_csv.h"
#include "api/routes.h"
#include "engine/json_writer.h"

namespace till {
namespace {

constexpr std::string_view kTenantRoutes = "/v1/";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

using Headers = std::vector<std::pair<std::string_view, std::string>>;

// Between a handler and the connection: measures, and adds header fields that every answer of the request carries.
class ObservedSink : public HttpResponder::Sink {
 public:
  ObservedSink(Latency& latency, std::size_t group, HttpResponder&& responder)
      : latency_(latency),
        group_(group),
        started_(std::chrono::steady_clock::now()),
        responder_(std::move(responder)) {}

  void add_headers(Headers&& headers) { headers_ = std::move(headers); }

  void send(HttpResponse&& response) override {
    for (auto& header : headers_) response.headers.push_back(std::move(header));
    const auto taken = std::chrono::steady_clock::now() - started_;
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(taken).count();
    latency_.observe(group_, response.status, static_cast<std::uint64_t>(micros));
    responder_.send(std::move(response));
  }

 private:
  Latency& latency_;
  const std::size_t group_;
  const std::chrono::steady_clock::time_point started_;
  HttpResponder responder_;
  Headers headers_;
};

WireForm answer_form(const HttpRequest& request) {
  return wire_form_of_accept(request.accept, WireForm::kJson);
}

HttpResponse refusal(const HttpRequest& request, schema::ErrorCode code, std::string_view detail = {}) {
  return problem_response(make_problem(code, detail, request_instance(request)), answer_form(request));
}

// Of a key that is not valid. That its tenant is gone for good is told to whoever holds it: asking again is no use.
schema::ErrorCode refused_as(KeyStanding standing) {
  return standing == KeyStanding::kTenantDeleted ? schema::TENANT_DELETED : schema::UNAUTHENTICATED;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

HttpResponse state_answer(std::string_view state) {
  HttpResponse response;
  JsonWriter(response.body).begin_object().member("status", state).end_object();
  return response;
}

HttpResponse document(std::string_view content_type, const std::string& text) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = text;
  return response;
}

}  // namespace

Service::Service(Engine& engine, Queries& queries, const Credentials& credentials, PersonKeys& person_keys,
                 const MasterSecret& fingerprint_secret, Metrics& metrics, ServiceOptions options)
    : credentials_(credentials),
      metrics_(metrics),
      options_(std::move(options)),
      openapi_(openapi_json(options_.version)),
      asyncapi_(asyncapi_json(options_.version)),
      event_proto_(event_proto()),
      docs_(docs_html(options_.version)),
      parts_(engine, queries, person_keys, fingerprint_secret, options_.rate_limit, options_.pools),
      commands_(parts_),
      batches_(parts_),
      syncs_(parts_),
      reads_(parts_) {}

Service::~Service() {
  stop();
}

void Service::stop() {
  parts_.stop();
}

HttpHandler Service::handler() {
  return [this](const HttpRequest& request, HttpResponder responder) { handle(request, std::move(responder)); };
}

HttpGate Service::gate() {
  return [this](const HttpRequest& head) -> std::optional<HttpResponse> {
    Principal principal;
    const KeyStanding standing = credentials_.authenticate(head.authorization, principal);
    if (standing == KeyStanding::kValid) return std::nullopt;
    return refusal(head, refused_as(standing));
  };
}

void Service::handle(const HttpRequest& request, HttpResponder responder) {
  const auto [path, query] = split_target(request.target);
  const RouteMatch match = match_route(request.method, path);
  Latency& latency = metrics_.latency();
  const std::size_t group = latency.group(match.route == nullptr ? std::string_view() : match.route->group);
  auto sink = std::make_shared<ObservedSink>(latency, group, std::move(responder));
  HttpResponder observed(sink);
  if (match.route != nullptr && match.route->scopes.empty() && !path.starts_with(kTenantRoutes)) {
    return serve_open(request, *match.route, std::move(observed));
  }
  if (!path.starts_with(kTenantRoutes)) return refuse_route(request, match, std::move(observed));
  Principal principal;
  const KeyStanding standing = credentials_.authenticate(request.authorization, principal);
  if (standing != KeyStanding::kValid) return observed.send(refusal(request, refused_as(standing)));
  if (parts_.rate_limit.enabled()) {
    const RateLimit::Verdict verdict =
        parts_.rate_limit.take(principal.tenant, RateLimit::Clock::now(), principal.terminal);
    Headers headers;
    parts_.rate_limit.add_headers(verdict, headers);
    sink->add_headers(std::move(headers));
    if (!verdict.allowed) {
      HttpResponse response = refusal(request, schema::RATE_LIMITED);
      for (auto& [name, value] : response.headers) {
        if (name == "Retry-After") value = std::to_string(verdict.retry_after_s);
      }
      return observed.send(std::move(response));
    }
  }
  if (match.route == nullptr) return refuse_route(request, match, std::move(observed));
  serve_tenant(request, query, match, std::move(principal), std::move(observed));
}

void Service::refuse_route(const HttpRequest& request, const RouteMatch& match, HttpResponder responder) const {
  if (match.allow.empty()) return responder.send(refusal(request, schema::ROUTE_NOT_FOUND));
  HttpResponse response = refusal(request, schema::METHOD_NOT_ALLOWED);
  response.headers.emplace_back("Allow", match.allow);
  responder.send(std::move(response));
}

HttpResponse Service::readiness(const HttpRequest& request) const {
  std::string reason = options_.not_ready_because ? options_.not_ready_because() : std::string();
  if (reason.empty() && !parts_.engine.ready()) reason = "commands are not taken";
  return reason.empty() ? state_answer("ready") : refusal(request, schema::NOT_READY, reason);
}

void Service::serve_open(const HttpRequest& request, const Route& route, HttpResponder responder) const {
  if (route.kind == RouteKind::kLivez) return responder.send(state_answer("alive"));
  if (route.kind == RouteKind::kReadyz) return responder.send(readiness(request));
  if (route.kind == RouteKind::kOpenApi) return responder.send(document("application/json", openapi_));
  if (route.kind == RouteKind::kAsyncApi) return responder.send(document("application/json", asyncapi_));
  if (route.kind == RouteKind::kEventProto) return responder.send(document(kPlainText, event_proto_));
  if (route.kind == RouteKind::kDocs) return responder.send(document(kHtml, docs_));
  responder.send(refusal(request, schema::ROUTE_NOT_FOUND));
}

void Service::serve_tenant(const HttpRequest& request, std::string_view query, const RouteMatch& match,
                           Principal&& principal, HttpResponder responder) {
  switch (family_of(match.route->kind)) {
    case RouteFamily::kCommand:
      return commands_.handle(request, match, std::move(principal), std::move(responder));
    case RouteFamily::kBatch:
      return batches_.handle(request, match, std::move(principal), std::move(responder));
    case RouteFamily::kSync:
      return syncs_.handle(request, match, std::move(principal), std::move(responder));
    case RouteFamily::kRead:
      return reads_.handle(request, match, query, principal, std::move(responder));
    case RouteFamily::kOpen:
      return serve_open(request, *match.route, std::move(responder));
  }
}

void Service::write_metrics(MetricsText& text) const {
  parts_.counts.write(text);
  text.family("till_pool_queued", "gauge", "Jobs that wait for a thread, by pool.");
  text.sample({{"pool", "batches"}}, parts_.batches.queued());
  text.sample({{"pool", "sealing"}}, parts_.sealing.queued());
  text.sample({{"pool", "answers"}}, parts_.answers.queued());
  text.sample({{"pool", "reports"}}, parts_.reports.queued());
}

}  // namespace till
