// What is left of a person after an erasure: through the API, and after a restart with a file of keys from a backup.
#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <future>

#include "api/contact_index.h"
#include "commands/retail_domain.h"
#include "engine/engine.h"
#include "engine/memory_books_store.h"
#include "engine/memory_log.h"
#include "projections/person_eraser.h"
#include "tests/api_world.h"
#include "tests/temporary_directory.h"

namespace till::testing {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kAda =
    R"({"customer_id":"c1","name":"Ada Lovelace","email":"Ada@Example.org","phone":"+44 20 7946-0000"})";

ApiFields fields_of(const ApiWorld& world, const ApiReply& after) {
  ApiFields fields;
  fields.key = world.manager_key;
  fields.at_least = after.header("Till-Position");
  return fields;
}

Outcome submit(Engine& engine, std::string_view key, schema::Command&& command) {
  CommandRequest request;
  request.tenant = "acme";
  request.key = key;
  request.fingerprint[0] = static_cast<std::uint8_t>(command.command_case());
  request.body = std::make_unique<schema::Command>(std::move(command));
  std::vector<CommandRequest> requests;
  requests.push_back(std::move(request));
  std::promise<Outcome> promise;
  engine.submit(std::move(requests), [&](std::vector<Outcome>&& outcomes) { promise.set_value(outcomes.front()); });
  return promise.get_future().get();
}

template <class T>
T take(Result<T>&& result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(*result);
}

TEST_CASE("api: an erased customer is gone for readers, writers and sales", "[erasure]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", kAda, world.terminal_key, "k1").status == 201);
  std::string sale = world.sale_body("s-1", 1);
  sale.insert(1, R"("customer_id":"c1",)");
  REQUIRE(world.send("POST", "/v1/sales", sale, world.terminal_key, "k2").status == 201);
  const ApiReply erased =
      world.send("POST", "/v1/customers/c1/erase", R"({"legal_basis":"OBJECTION"})", world.manager_key, "k3");
  INFO(erased.body);
  REQUIRE(erased.status == 201);

  const ApiReply read = world.get("/v1/customers/c1", fields_of(world, erased));
  CHECK(read.status == 410);
  CHECK(read.code() == "CUSTOMER_ERASED");
  CHECK(world.get("/v1/sales/s-1", fields_of(world, erased)).json()["customer_id"].text() == "c1");
  REQUIRE(world.person_eraser().wait_for(world.engine().feed().durable().position, kPatience));
  CHECK(world.person_keys().counts().erased == 1);
  CHECK(world.person_keys().counts().live == 0);

  CHECK(world.send("POST", "/v1/customers", kAda, world.terminal_key, "k4").code() == "CUSTOMER_ERASED");
  CHECK(world.send("POST", "/v1/customers", R"({"customer_id":"c1"})", world.terminal_key, "k5").code() ==
        "CUSTOMER_ERASED");
  CHECK(world.send("PUT", "/v1/customers/c1", R"({"name":"Ada"})", world.terminal_key, "k6").code() ==
        "CUSTOMER_ERASED");
  sale = world.sale_body("s-2", 2);
  sale.insert(1, R"("customer_id":"c1",)");
  CHECK(world.send("POST", "/v1/sales", sale, world.terminal_key, "k7").code() == "CUSTOMER_ERASED");
  const ApiReply again =
      world.send("POST", "/v1/customers/c1/erase", R"({"legal_basis":"CHILD"})", world.manager_key, "k8");
  CHECK(again.body == erased.body);
}

TEST_CASE("api: a customer is changed and shown with its state", "[erasure]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", kAda, world.terminal_key, "k1").status == 201);
  REQUIRE(world
              .send("PUT", "/v1/customers/c1", R"({"email":"eve@example.org","expected_version":1})",
                    world.terminal_key, "k2")
              .status == 201);
  const ApiReply late =
      world.send("PUT", "/v1/customers/c1", R"({"name":"Eve","expected_version":1})", world.terminal_key, "k3");
  CHECK(late.status == 409);
  CHECK(late.code() == "VERSION_MISMATCH");
  const ApiReply consent = world.send("PUT", "/v1/customers/c1/consents", R"({"channel":"EMAIL","state":"GRANTED"})",
                                      world.terminal_key, "k4");
  REQUIRE(consent.status == 201);
  const ApiReply blocked =
      world.send("POST", "/v1/customers/c1/block", R"({"reason":"FRAUD"})", world.manager_key, "k5");
  REQUIRE(blocked.status == 201);
  const JsonNode view = world.get("/v1/customers/c1", fields_of(world, blocked)).json();
  CHECK_FALSE(view.has("name"));
  CHECK(view["email"].text() == "eve@example.org");
  CHECK(view["status"].text() == "BLOCKED");
  CHECK(view["consents"].items().size() == 1);
  CHECK_FALSE(view.has("merged_into"));
}

TEST_CASE("api: the same e-mail address or phone number is found, whoever asks for it", "[erasure]") {
  ApiWorld world;
  world.set_up_acme();
  REQUIRE(world.send("POST", "/v1/customers", kAda, world.terminal_key, "k1").status == 201);
  const auto unique = [&](std::string_view id, std::string_view contact, std::string_view key) {
    const std::string body =
        R"({"customer_id":")" + std::string(id) + R"(","unique":true,)" + std::string(contact) + "}";
    return world.send("POST", "/v1/customers", body, world.terminal_key, key);
  };
  CHECK(unique("c2", R"("email":"ADA@example.ORG")", "k2").code() == "DUPLICATE_CUSTOMER");
  CHECK(unique("c2", R"("phone":"(44) 207946 0000")", "k3").code() == "DUPLICATE_CUSTOMER");
  CHECK(unique("c2", R"("email":"eve@example.org")", "k4").status == 201);
  CHECK(
      world.send("POST", "/v1/customers", R"({"customer_id":"c3","email":"ada@example.org"})", world.terminal_key, "k5")
          .status == 201);
}

TEST_CASE("contacts are hashed by tenant and kind", "[erasure]") {
  const ContactIndex index(MasterSecret{1});
  const auto keys_of = [&](std::string_view tenant, const char* email, const char* phone) {
    schema::RegisterCustomer command;
    command.set_email(email);
    command.set_phone(phone);
    index.add_keys(tenant, command);
    return std::vector<std::string>(command.contact_keys().begin(), command.contact_keys().end());
  };
  CHECK(keys_of("acme", "", "no number").empty());
  CHECK(keys_of("acme", "A@x.Y", "") == keys_of("acme", "a@X.y", ""));
  CHECK(keys_of("acme", "a@x.y", "") != keys_of("other", "a@x.y", ""));
  CHECK(keys_of("acme", "12", "") != keys_of("acme", "", "12"));
  CHECK(keys_of("acme", "a@x.y", "+1 (2)-3").size() == 2);
  CHECK(keys_of("acme", "", "+1 (2)-3") == keys_of("acme", "", "123"));
}

TEST_CASE("a file of keys from a backup brings no erased person back", "[erasure]") {
  const TemporaryDirectory directory;
  const std::string folder = directory.path() + "/keys";
  const std::string file = folder + "/persons.keys";
  const std::string backup = directory.path() + "/persons.backup";
  const Secret secret{3};
  MemoryLog log(LogId{7});
  MemoryBooksStore store;
  const RetailDomain domain(ZoneTables{{"UTC", {}}});
  std::string sealed, other;
  {
    auto keys = take(PersonKeys::open(folder, secret, IfMissing::kMake));
    auto engine = take(Engine::open(log, store, domain, {}));
    auto eraser = take(PersonEraser::open(*engine, *keys));
    sealed = take(keys->seal("acme", "c1", "Ada"));
    other = take(keys->seal("acme", "c2", "Eve"));
    std::filesystem::copy_file(file, backup);
    schema::Command registered, erased;
    registered.mutable_register_customer()->set_customer_id("c1");
    registered.mutable_register_customer()->set_sealed(sealed);
    erased.mutable_erase_customer()->set_customer_id("c1");
    erased.mutable_erase_customer()->set_legal_basis(schema::EraseCustomer::OBJECTION);
    REQUIRE(submit(*engine, "k1", std::move(registered)).kind == OutcomeKind::kAccepted);
    REQUIRE(take(keys->open("acme", "c1", sealed)) == "Ada");
    const Outcome outcome = submit(*engine, "k2", std::move(erased));
    REQUIRE(outcome.kind == OutcomeKind::kAccepted);
    REQUIRE(eraser->wait_for(outcome.position, kPatience));
    CHECK(take(keys->open("acme", "c1", sealed)) == std::nullopt);
    engine->stop();
    eraser->stop();
  }
  std::filesystem::copy_file(backup, file, std::filesystem::copy_options::overwrite_existing);
  auto keys = take(PersonKeys::open(folder, secret, IfMissing::kRefuse));
  REQUIRE(take(keys->open("acme", "c1", sealed)) == "Ada");
  auto engine = take(Engine::open(log, store, domain, {}));
  auto eraser = take(PersonEraser::open(*engine, *keys));
  CHECK(take(keys->open("acme", "c1", sealed)) == std::nullopt);
  CHECK(take(keys->open("acme", "c2", other)) == "Eve");
  CHECK(keys->counts().erased == 1);
  engine->stop();
  eraser->stop();
}

}  // namespace
}  // namespace till::testing
