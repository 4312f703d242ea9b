// A whole API without sockets: engine, books, cache, keys and handlers, all real, the log and the books' store in
// memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/activity.h"
#include "api/credentials.h"
#include "api/json_node.h"
#include "api/metrics.h"
#include "api/operator_api.h"
#include "api/operator_jobs.h"
#include "api/operator_log.h"
#include "api/operator_views.h"
#include "api/service.h"
#include "api/view_queries.h"
#include "commands/retail_domain.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "engine/person_keys.h"
#include "projections/person_eraser.h"
#include "projections/read_cache/read_cache.h"
#include "tests/temporary_directory.h"

namespace till::testing {

struct ApiReply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  // Empty where there is none.
  std::string header(std::string_view name) const;
  JsonNode json() const;
  std::string code() const { return std::string(json()["code"].text()); }
};

// Header fields of one request; empty ones are not sent.
struct ApiFields {
  std::string key;  // API key
  std::string idempotency_key;
  std::string content_type = "application/json";
  std::string accept;
  std::string at_least;
  std::string prefer;
  std::string if_match;
};

// Sends one request to a handler and waits for its answer.
ApiReply call(const HttpHandler& handler, std::string_view method, std::string_view target, std::string_view body,
              const ApiFields& fields);

class ApiWorld {
 public:
  explicit ApiWorld(ServiceOptions options = {});
  ~ApiWorld();

  ApiReply get(std::string_view target, ApiFields fields);
  // A command under `key` with its own idempotency key.
  ApiReply send(std::string_view method, std::string_view target, std::string_view body, std::string_view key,
                std::string_view idempotency_key);
  ApiReply operate(std::string_view method, std::string_view target, std::string_view body = {});

  // A key of the tenant; made through the operator API.
  std::string issue(std::string_view tenant, std::string_view scope, std::string_view terminal = {});
  // Tenant "acme" with store s1, terminals t1 and t2, product tea (UTC, stock may go negative), and its keys.
  void set_up_acme();
  std::string sale_body(std::string_view sale_id, std::uint64_t seq, std::string_view terminal = "t1",
                        std::string_view sku = "tea") const;

  Engine& engine() { return *engine_; }
  ReadCache& cache() { return *cache_; }
  PersonKeys& person_keys() { return *person_keys_; }
  PersonEraser& person_eraser() { return *person_eraser_; }
  MemoryLog& log() { return log_; }
  Metrics& metrics() { return metrics_; }
  HttpHandler handler() { return service_->handler(); }

  std::string terminal_key;
  std::string manager_key;
  std::string reporting_key;
  std::string admin_key;

 private:
  TemporaryDirectory directory_;
  MemoryLog log_;
  MemoryBooksStore store_;
  RetailDomain domain_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<PersonKeys> person_keys_;
  std::unique_ptr<PersonEraser> person_eraser_;
  std::unique_ptr<ReadCache> cache_;
  std::unique_ptr<ViewQueries> queries_;
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<Activity> activity_;
  std::unique_ptr<Service> service_;
  OperatorJobs jobs_;
  std::unique_ptr<OperatorViews> operator_views_;
  std::unique_ptr<OperatorLog> operator_log_;
  OperatorApi operator_api_;
  std::uint64_t keys_used_ = 0;
  std::string now_;  // time of all its sales
};

}  // namespace till::testing
