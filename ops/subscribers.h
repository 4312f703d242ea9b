// Partners that read a tenant's events from NATS: who they are, their users and their consumers.
//
// Where `up` runs the nats-server, its configuration is changed here and a new user is tried before it is told. For
// another's server the answers carry the configuration that its operator has to put in.
//
//   POST /operator/subscribers         {tenant, name, start?}  -> 201 {tenant, name, user, password, server, stream,
//                                                                 consumer, domain, applied, configuration?}
//   GET  /operator/subscribers                                 -> {subscribers:[{tenant, name, user, waiting?,
//                                                                 unacknowledged?}], applied, exports, configuration}
//   POST /operator/subscribers/revoke  {tenant, name}          -> {tenant, name, user, revoked, applied}
//
// start: "oldest" (default) or "new". applied: the server has been told; else `configuration`, members of `accounts`,
// is for its operator to put in or take out. waiting, unacknowledged: of its consumer, while NATS answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "api/operator_api.h"
#include "engine/result.h"
#include "ops/subscriber_registry.h"
#include "projections/relay/relay_options.h"
#include "projections/relay/subscriber_consumers.h"

namespace till {

struct SubscribersOptions {
  RelayOptions stream;        // an empty URL: there is no NATS, nobody can be added
  std::string registry_file;  // its folder exists
  std::string accounts_file;  // that the nats-server's configuration includes; empty: it is another's
  std::string pid_file;       // of that nats-server
  std::function<bool(std::string_view)> tenant_exists;  // thread safe; false of a deleted one
  std::chrono::milliseconds check_every{10'000};        // consumers that were lost with their server come back
};

// start() and stop() belong to one thread, all else is thread safe.
class Subscribers {
 public:
  // kInvalid where the registry cannot be read.
  static Result<std::unique_ptr<Subscribers>> open(SubscribersOptions options);
  ~Subscribers();
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;

  // Looks after accounts and consumers from now on; NATS need not answer.
  void start();
  // Bounded by a request to a NATS that hangs. Idempotent.
  void stop();
  // This outlives `api`.
  void add_routes(OperatorApi& api);

 private:
  Subscribers(SubscribersOptions options, SubscriberRegistry registry);

  OperatorAnswer add(const OperatorRequest& request);
  OperatorAnswer list();
  OperatorAnswer revoke(const OperatorRequest& request);
  OperatorAnswer added(const Subscriber& subscriber, const std::string& password) const;
  // Makes consumer, entry and account, and undoes all where one fails.
  Status make(const Subscriber& subscriber, const std::string& password, SubscriberStart start);
  Status end(const Subscriber& subscriber);

  bool is_own_server() const { return !options_.accounts_file.empty(); }
  std::string accounts() const;
  Status write_accounts() const;
  Status reload() const;
  // Until the new user reaches its consumer.
  Status apply(const Subscriber& subscriber, const std::string& password) const;

  void run();
  Status check();
  Status end_those_of_deleted_tenants();
  Status restore_accounts() const;

  const SubscribersOptions options_;
  std::mutex mutex_;  // of the registry, and of what is made of it
  SubscriberRegistry registry_;
  std::mutex stop_mutex_;
  std::condition_variable stop_wish_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace till
