// A card gateway that speaks JSON over HTTP:
//
//   POST <base url>/v1/requests
//   Idempotency-Key: <tenant>:<request id>
//   {"tenant":"t1","request_id":"P1:CAPTURE:1","kind":"CAPTURE","amount":1999,"currency":"EUR","payment_id":"P1",
//    "reference":"auth 4711","last4":"4242"}
//
//   200 {"status":"approved","reference":"g 1"}   402 {"status":"declined","reference":"g 2","code":"expired_card"}
//
// Its answer is at most kOutboundAnswerMost bytes. Where several tenants share one gateway, the tenant in the key keeps
// their requests apart.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "projections/effects/card_gateway.h"
#include "projections/effects/http_sender.h"

namespace till {

struct HttpCardGatewayOptions {
  std::string base_url;  // without a slash at its end
  std::string token;     // sent as a bearer token; empty: none
  std::chrono::milliseconds timeout{15'000};
  bool allow_private_addresses = false;
};

class HttpCardGateway final : public CardGateway {
 public:
  explicit HttpCardGateway(HttpCardGatewayOptions options);
  Result<GatewayAnswer> send(const GatewayRequest& request) override;

 private:
  const HttpCardGatewayOptions options_;
};

std::string gateway_request_json(const GatewayRequest& request);

// 2xx and 402 with a status that is known are outcomes. 408, 409, 425, 429, 5xx and what cannot be understood are no
// answer: kUnavailable. Another 4xx is kInvalid.
Result<GatewayAnswer> read_gateway_answer(int status, std::string_view body);

}  // namespace till
