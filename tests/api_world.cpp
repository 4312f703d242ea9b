#include "tests/api_world.h"

#include <catch2/catch.hpp>

#include <future>

#include "api/operator_keys.h"
#include "api/tenant_export.h"
#include "api/wire_values.h"

namespace till::testing {
namespace {

class WaitingSink : public HttpResponder::Sink {
 public:
  void send(HttpResponse&& response) override { promise_.set_value(std::move(response)); }
  std::future<HttpResponse> answer() { return promise_.get_future(); }

 private:
  std::promise<HttpResponse> promise_;
};

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string text;
  append_timestamp(std::chrono::duration_cast<std::chrono::microseconds>(now).count(), text);
  return text;
}

template <class T>
T take(Result<T>&& result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(*result);
}

}  // namespace

std::string ApiReply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

JsonNode ApiReply::json() const {
  return take(JsonNode::parse(body));
}

ApiReply call(const HttpHandler& handler, std::string_view method, std::string_view target, std::string_view body,
              const ApiFields& fields) {
  const std::string authorization = fields.key.empty() ? "" : "Bearer " + fields.key;
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.content_type = fields.content_type;
  request.accept = fields.accept;
  request.authorization = authorization;
  request.idempotency_key = fields.idempotency_key;
  request.has_idempotency_key = !fields.idempotency_key.empty();
  request.if_match = fields.if_match;
  request.has_if_match = !fields.if_match.empty();
  request.at_least = fields.at_least;
  request.prefer = fields.prefer;
  request.request_number = 7;
  auto sink = std::make_shared<WaitingSink>();
  std::future<HttpResponse> answer = sink->answer();
  handler(request, HttpResponder(sink));
  REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  HttpResponse response = answer.get();
  ApiReply reply{response.status, std::string(response.content_type), std::move(response.body), {}};
  for (auto& [name, value] : response.headers) reply.headers.emplace_back(name, std::move(value));
  return reply;
}

ApiWorld::ApiWorld(ServiceOptions options) : log_(LogId{7}), domain_(ZoneTables{{"UTC", {}}}), now_(now_text()) {
  engine_ = take(Engine::open(log_, store_, domain_, {}));
  person_keys_ = take(PersonKeys::open(directory_.path() + "/persons", Secret{1}, IfMissing::kMake));
  person_eraser_ = take(PersonEraser::open(*engine_, *person_keys_));
  ReadCacheOptions cache_options;
  cache_options.directory = directory_.path() + "/cache";
  cache_options.domain = &domain_;
  cache_ = take(ReadCache::open(engine_->feed(), cache_options));
  cache_->start();
  queries_ = std::make_unique<ViewQueries>(*cache_, nullptr, domain_.zones());
  credentials_ = take(Credentials::open(*engine_));
  activity_ = std::make_unique<Activity>(engine_->feed(), domain_);
  service_ = std::make_unique<Service>(*engine_, *queries_, *credentials_, *person_keys_, MasterSecret{2}, metrics_,
                                       std::move(options));
  operator_views_ = std::make_unique<OperatorViews>(engine_->feed(), jobs_, std::vector<ManagedView*>{cache_.get()});
  operator_log_ = std::make_unique<OperatorLog>(log_, *engine_, domain_);
  add_key_routes(operator_api_, *engine_, *credentials_);
  add_tenant_export_route(operator_api_, engine_->feed(), domain_, *person_keys_, *credentials_);
  jobs_.add_routes(operator_api_);
  operator_views_->add_routes(operator_api_);
  operator_log_->add_routes(operator_api_);
  metrics_.add_source([this](MetricsText& text) {
    const LogPoint durable = engine_->feed().durable();
    write_engine_metrics(text, engine_->stats(), engine_->ready(), durable);
    write_follower_metrics(text, {{"cache", cache_->info().status}, {"credentials", credentials_->status()}},
                           durable.position);
    activity_->write(text);
    service_->write_metrics(text);
  });
}

ApiWorld::~ApiWorld() {
  operator_api_.stop();
  jobs_.stop();
  service_->stop();
  engine_->stop();
  activity_->stop();
  credentials_->stop();
  person_eraser_->stop();
  cache_->stop();
}

ApiReply ApiWorld::get(std::string_view target, ApiFields fields) {
  return call(service_->handler(), "GET", target, {}, fields);
}

ApiReply ApiWorld::send(std::string_view method, std::string_view target, std::string_view body, std::string_view key,
                        std::string_view idempotency_key) {
  ApiFields fields;
  fields.key = key;
  fields.idempotency_key = idempotency_key;
  return call(service_->handler(), method, target, body, fields);
}

ApiReply ApiWorld::operate(std::string_view method, std::string_view target, std::string_view body) {
  return call(operator_api_.handler(), method, target, body, {});
}

std::string ApiWorld::issue(std::string_view tenant, std::string_view scope, std::string_view terminal) {
  std::string body = R"({"tenant":")" + std::string(tenant) + R"(","scope":")" + std::string(scope) + "\"";
  if (!terminal.empty()) body += R"(,"terminal":")" + std::string(terminal) + "\"";
  const ApiReply reply = operate("POST", "/operator/keys", body + "}");
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  return std::string(reply.json()["key"].text());
}

void ApiWorld::set_up_acme() {
  REQUIRE(operate("POST", "/operator/tenants", R"({"tenant":"acme","name":"Acme"})").status == 201);
  terminal_key = issue("acme", "TERMINAL", "t1");
  manager_key = issue("acme", "MANAGER");
  reporting_key = issue("acme", "reporting");
  admin_key = issue("acme", "admin");
  const auto put = [this](std::string_view target, std::string_view body) {
    const ApiReply reply = send("PUT", target, body, manager_key, "setup-" + std::to_string(++keys_used_));
    INFO(reply.body);
    REQUIRE(reply.status == 201);
  };
  put("/v1/stores/s1", R"({"name":"Main street"})");
  put("/v1/stores/s1/policy", R"({"stock":"ALLOW_NEGATIVE","time_zone":"UTC","business_day_cutoff_hour":0})");
  put("/v1/stores/s1/terminals/t1", "{}");
  put("/v1/stores/s1/terminals/t2", "{}");
  put("/v1/catalog/products/tea",
      R"({"name":"Tea","category":"drinks","unit_price":{"amount":250,"currency":"USD"},"tax_code":"standard"})");
}

std::string ApiWorld::sale_body(std::string_view sale_id, std::uint64_t seq, std::string_view terminal,
                                std::string_view sku) const {
  std::string body = R"({"sale_id":")" + std::string(sale_id) + R"(","store_id":"s1","terminal_id":")";
  body.append(terminal).append(R"(","terminal_seq":)").append(std::to_string(seq));
  body.append(R"(,"occurred_at":")").append(now_).append(R"(","lines":[{"line_id":"1","sku":")").append(sku);
  body.append(R"(","quantity":"2","unit_price":{"amount":250,"currency":"USD"}}],"taxes":[],)");
  body.append(R"("tenders":[{"type":"CASH","amount":{"amount":500,"currency":"USD"}}],)");
  body.append(R"("expected_total":{"amount":500,"currency":"USD"}})");
  return body;
}

}  // namespace till::testing
