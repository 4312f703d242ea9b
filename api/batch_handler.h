// Up to 1,000 commands in one request, each by itself: one submission, one answer in their order.
#pragma once

#include <memory>
#include <vector>

#include "api/api_parts.h"
#include "api/command_flow.h"
#include "api/http.h"

namespace till {

struct BatchEntry;

// Thread safe.
class BatchHandler {
 public:
  // `parts` outlives this object.
  explicit BatchHandler(ApiParts& parts) : parts_(parts) {}

  void handle(const HttpRequest& request, const RouteMatch& match, Principal&& principal, HttpResponder responder);

 private:
  struct Pending;
  void take(const std::shared_ptr<Pending>& pending, WireForm form, std::string_view body);
  // Decides what can be decided before the engine.
  void prepare(Pending& pending, std::vector<BatchEntry>&& items);
  void prepare_item(Pending& pending, std::size_t index, BatchEntry&& item,
                    const Fingerprinter::TenantKey& fingerprint_key);
  void seal_and_submit(const std::shared_ptr<Pending>& pending);
  void submit(const std::shared_ptr<Pending>& pending);
  void finish(const std::shared_ptr<Pending>& pending, std::vector<Outcome>&& outcomes);

  ApiParts& parts_;
};

}  // namespace till
