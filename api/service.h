// The public HTTP API as one handler: who asks, for what route, within which quota.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/api_parts.h"
#include "api/batch_handler.h"
#include "api/command_handler.h"
#include "api/credentials.h"
#include "api/http.h"
#include "api/metrics.h"
#include "api/rate_limit.h"
#include "api/read_handlers.h"
#include "api/sync_handler.h"

namespace till {

struct ServiceOptions {
  std::string version;          // shown in the API description
  RateLimitOptions rate_limit;  // off by default
  PoolLimits pools;
  // Why /readyz is not 200; empty while it is. Called on I/O threads, must be quick. Null: the engine alone decides.
  std::function<std::string()> not_ready_because;
};

// Thread safe. Everything given outlives it.
class Service {
 public:
  Service(Engine& engine, Queries& queries, const Credentials& credentials, PersonKeys& person_keys,
          const MasterSecret& fingerprint_secret, Metrics& metrics, ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // For HttpServer::start(); stays valid as long as this object.
  HttpHandler handler();
  // Lets only those with a key send a body that does not come with its header.
  HttpGate gate();
  // Ends the waits and the pools: after the server takes no more requests, before the engine stops. Idempotent.
  void stop();
  // Tenants' commands and queue lengths of the pools, for Metrics::add_source().
  void write_metrics(MetricsText& text) const;

 private:
  void handle(const HttpRequest& request, HttpResponder responder);
  HttpResponse readiness(const HttpRequest& request) const;
  void serve_open(const HttpRequest& request, const Route& route, HttpResponder responder) const;
  void serve_tenant(const HttpRequest& request, std::string_view query, const RouteMatch& match, Principal&& principal,
                    HttpResponder responder);
  void refuse_route(const HttpRequest& request, const RouteMatch& match, HttpResponder responder) const;

  const Credentials& credentials_;
  Metrics& metrics_;
  const ServiceOptions options_;
  const std::string openapi_;
  const std::string asyncapi_;
  const std::string event_proto_;
  const std::string docs_;
  ApiParts parts_;
  CommandHandler commands_;
  BatchHandler batches_;
  SyncHandler syncs_;
  ReadHandlers reads_;
};

}  // namespace till
