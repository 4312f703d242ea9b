// A clerk at the API of a test: commands that must be accepted, and reads that see them.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "engine/position_text.h"
#include "tests/api_world.h"

namespace till::testing {

class ApiDesk {
 public:
  // Tenant acme as set_up_acme() makes it.
  ApiDesk() {
    world.set_up_acme();
    position_ = position_text(world.log().id(), Epoch(1), world.log().head().position);
  }

  // A command of the manager's key that must be accepted.
  ApiReply must(std::string_view method, std::string_view target, std::string_view body) {
    ApiReply reply = send(method, target, body, world.manager_key);
    INFO(method << " " << target << " " << body << "\n" << reply.body);
    REQUIRE(reply.status == 201);
    position_ = reply.header("Till-Position");
    return reply;
  }
  ApiReply send(std::string_view method, std::string_view target, std::string_view body, std::string_view key) {
    return world.send(method, target, body, key, "desk-" + std::to_string(++keys_));
  }
  // The same with a version as a header.
  ApiReply send_if_match(std::string_view method, std::string_view target, std::string_view body,
                         const std::string& if_match) {
    ApiFields fields;
    fields.key = world.manager_key;
    fields.idempotency_key = "desk-" + std::to_string(++keys_);
    fields.if_match = if_match;
    return call(world.handler(), method, target, body, fields);
  }

  // What the last accepted command led to. An empty key is the manager's.
  ApiReply read(std::string_view target, const std::string& key = {}, const std::string& accept = {}) {
    return ask("GET", target, key, accept);
  }
  ApiReply ask(std::string_view method, std::string_view target, const std::string& key = {},
               const std::string& accept = {}) {
    ApiFields fields;
    fields.key = key.empty() ? world.manager_key : key;
    fields.accept = accept;
    fields.at_least = position_;
    return call(world.handler(), method, target, {}, fields);
  }

  ApiWorld world;

 private:
  std::string position_;
  int keys_ = 0;
};

}  // namespace till::testing
