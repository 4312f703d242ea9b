// The published vector of Standard Webhooks, and secrets as text.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "projections/effects/webhook_signature.h"

namespace till::testing {

TEST_CASE("webhooks are signed as the published vector says", "[effects]") {
  const auto secret = read_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(secret.has_value());
  const std::vector<std::string> secrets{*secret};
  CHECK(webhook_signature(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("while a secret is replaced both sign", "[effects]") {
  const std::vector<std::string> secrets{std::string(32, 'a'), std::string(32, 'b')};
  const std::string both = webhook_signature(secrets, "m1", 1, "{}");
  const std::string first = webhook_signature(std::vector{secrets[0]}, "m1", 1, "{}");
  const std::string second = webhook_signature(std::vector{secrets[1]}, "m1", 1, "{}");
  CHECK(both == first + " " + second);
  CHECK(first != second);
}

TEST_CASE("a webhook secret reads back, and nothing else is one", "[effects]") {
  const std::string secret(kWebhookSecretBytes, '\x7f');
  CHECK(read_webhook_secret(webhook_secret_text(secret)) == secret);
  for (const std::string& text : {std::string(), std::string("whsec_"), std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                  std::string("whsec_!!!!"), webhook_secret_text(std::string(23, 'x')),
                                  webhook_secret_text(std::string(65, 'x')), webhook_secret_text(secret) + "A"}) {
    CAPTURE(text);
    CHECK_FALSE(read_webhook_secret(text).has_value());
  }
}

}  // namespace till::testing
