// A card gateway: who moves the money of cards that a terminal has read. One adapter a kind of gateway.
#pragma once

#include <cstdint>
#include <string>

#include "engine/result.h"
#include "schemas/values.pb.h"

namespace till {

struct GatewayRequest {
  std::string tenant;
  std::string request_id;  // of the tenant's own: with the tenant, the idempotency key at the gateway
  schema::GatewayRequest::Kind kind{};
  std::int64_t amount_minor = 0;
  std::string currency;  // ISO 4217
  std::string payment_id;
  std::string payment_reference;  // of the payment at its processor; empty before there is one
  std::string last4;              // of the card, where it is known
};

// An outcome: it is final, and a request that comes again has the same.
struct GatewayAnswer {
  bool approved = false;
  std::string reference;  // of the gateway
  std::string code;       // why it declined
};

class CardGateway {
 public:
  virtual ~CardGateway() = default;
  // Thread safe; bounded in time. kInvalid: the gateway does not take this request, and never will. All other errors
  // are no answer: what became of it is not known, and it is sent again under the same key.
  virtual Result<GatewayAnswer> send(const GatewayRequest& request) = 0;
};

}  // namespace till
