#include "ops/offline_operator.h"

#include <future>

#include "ops/app.h"

namespace till {
namespace {

class PromiseSink : public HttpResponder::Sink {
 public:
  void send(HttpResponse&& response) override { promise_.set_value(std::move(response)); }
  std::future<HttpResponse> answer() { return promise_.get_future(); }

 private:
  std::promise<HttpResponse> promise_;
};

class InProcessOperator : public OperatorClient {
 public:
  explicit InProcessOperator(std::unique_ptr<App> app) : app_(std::move(app)), handler_(app_->operator_handler()) {}
  ~InProcessOperator() override { app_->stop(); }

  Result<OperatorAnswer> call(std::string_view method, std::string_view target, std::string_view body) override {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.content_type = "application/json";
    const auto sink = std::make_shared<PromiseSink>();
    std::future<HttpResponse> answer = sink->answer();
    handler_(request, HttpResponder(sink));
    HttpResponse response = answer.get();
    return OperatorAnswer{response.status, std::move(response.body)};
  }

 private:
  const std::unique_ptr<App> app_;
  const HttpHandler handler_;
};

}  // namespace

Result<std::unique_ptr<OperatorClient>> open_offline_operator(const std::string& data) {
  AppOptions options;
  options.data = data;
  Result<ServerConfig> config = load_config(DataLayout(data).config);
  if (!config.ok()) {
    if (config.error().kind == ErrorKind::kNotFound) {
      return Error{ErrorKind::kUnavailable, "neither a server nor a data folder at " + data};
    }
    return config.error();
  }
  options.config = *config;
  options.deliver = false;
  Result<std::unique_ptr<App>> app = App::open(std::move(options));
  if (!app.ok()) {
    // A folder that has a configuration but no log has lost it.
    if (app.error().kind == ErrorKind::kNotFound) return Error{ErrorKind::kHistoryMismatch, app.error().message};
    return app.error();
  }
  return std::unique_ptr<OperatorClient>(std::make_unique<InProcessOperator>(std::move(*app)));
}

}  // namespace till
