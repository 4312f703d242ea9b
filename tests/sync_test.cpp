// What a till uploads of the time that it was away, through the public handler: hashes, signatures, results.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "api/command_codec.h"
#include "api/json_codec.h"
#include "api/sync_codec.h"
#include "api/wire_values.h"
#include "commands/offline.h"
#include "engine/position_text.h"
#include "engine/transaction.h"
#include "tests/api_world.h"

namespace till::testing {
namespace {

constexpr std::string_view kSync = "/v1/terminals/t1/sync";

std::string payload(std::string_view key, std::string_view command, std::string_view body) {
  std::string text = R"({"idempotency_key":")";
  text.append(key).append(R"(","command":")").append(command).append(R"(","body":)").append(body);
  return text + "}";
}

// The queue of a till: each entry follows the one before it.
class TillQueue {
 public:
  void add(std::string text) {
    schema::SyncEntry entry;
    entry.set_client_seq(entries_.size() + 1);
    entry.set_prev_hash(entries_.empty() ? std::string(kNoOfflineHash) : entries_.back().hash());
    entry.set_payload(std::move(text));
    entry.set_hash(*sync_hash(entry));
    entries_.push_back(std::move(entry));
  }
  void add_sale(const ApiWorld& world, const std::string& id, std::uint64_t seq) {
    add(payload("key-" + id, "RingUpSale", world.sale_body(id, seq)));
  }
  const schema::SyncEntry& operator[](std::size_t index) const { return entries_[index]; }
  schema::SyncRequest all() const { return some(0, entries_.size()); }
  schema::SyncRequest some(std::size_t first, std::size_t last) const {
    schema::SyncRequest request;
    for (std::size_t i = first; i < last; ++i) *request.add_entries() = entries_[i];
    return request;
  }

 private:
  std::vector<schema::SyncEntry> entries_;
};

ApiReply sync(ApiWorld& world, const schema::SyncRequest& request) {
  return world.send("POST", kSync, to_json(request), world.terminal_key, {});
}

// "ACCEPTED QUARANTINED GAP", and the answer's last two members.
std::string told(const ApiReply& reply) {
  if (reply.status != 200) return std::to_string(reply.status) + " " + reply.code();
  const JsonNode json = reply.json();
  std::string text;
  for (const JsonNode& result : json["results"].items()) text += std::string(result["state"].text()) + " ";
  return text + std::to_string(json["acknowledged"].integer()) + " " + std::to_string(json["continue_from"].integer());
}

unsigned status_of_sale(ApiWorld& world, const std::string& id) {
  const LogPoint head = world.log().head();
  ApiFields fields;
  fields.key = world.manager_key;
  fields.at_least = position_text(head.log_id, head.epoch, head.position);
  return world.get("/v1/sales/" + id, fields).status;
}

ApiReply read(ApiWorld& world, std::string_view target, const std::string& key) {
  const LogPoint head = world.log().head();
  ApiFields fields;
  fields.key = key;
  fields.at_least = position_text(head.log_id, head.epoch, head.position);
  return world.get(target, fields);
}

TEST_CASE("sync: sent three times, in two orders, with one corrupt sale: once each, one in quarantine", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  std::string corrupt = world.sale_body("r2", 2);
  corrupt.replace(corrupt.rfind("500"), 3, "499");
  queue.add(payload("key-r2", "RingUpSale", corrupt));
  queue.add_sale(world, "r3", 3);
  const ApiReply first = sync(world, queue.all());
  INFO(first.body);
  CHECK(told(first) == "ACCEPTED QUARANTINED ACCEPTED 3 4");
  CHECK(first.json()["results"].items()[1]["code"].text() == "TOTAL_MISMATCH");
  CHECK(first.json()["results"].items()[1]["status"].integer() == 422);
  const Position head = world.log().head().position;
  CHECK(told(sync(world, queue.all())) == "KNOWN KNOWN KNOWN 3 4");
  schema::SyncRequest backwards = queue.all();
  std::reverse(backwards.mutable_entries()->begin(), backwards.mutable_entries()->end());
  CHECK(told(sync(world, backwards)) == "KNOWN KNOWN KNOWN 3 4");
  CHECK(world.log().head().position == head);
  CHECK(status_of_sale(world, "r1") == 200);
  CHECK(status_of_sale(world, "r2") == 404);
  CHECK(status_of_sale(world, "r3") == 200);

  const ApiReply chain = read(world, "/v1/terminals/t1/offline", world.terminal_key);
  INFO(chain.body);
  REQUIRE(chain.status == 200);
  CHECK(chain.json()["last_client_seq"].integer() == 3);
  REQUIRE(chain.json()["open"].items().size() == 1);
  CHECK(chain.json()["open"].items()[0]["code"].text() == "TOTAL_MISMATCH");
  const std::string entry = "/v1/terminals/t1/offline/2/" + queue[1].hash();
  CHECK(read(world, entry, world.terminal_key).status == 403);
  CHECK(read(world, entry, world.manager_key).json()["payload"].text() == queue[1].payload());
  const ApiReply resolved =
      world.send("POST", "/v1/terminals/t1/offline/resolutions", R"({"client_seq":2,"resolution":"WRITTEN_OFF"})",
                 world.manager_key, "resolve-1");
  CHECK(resolved.status == 201);
  CHECK(read(world, "/v1/terminals/t1/offline", world.terminal_key).json()["open"].items().empty());
}

TEST_CASE("sync: entries in any order are done in the order of their chain", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  for (std::uint64_t i = 1; i <= 3; ++i) queue.add_sale(world, "r" + std::to_string(i), i);
  schema::SyncRequest backwards = queue.all();
  std::reverse(backwards.mutable_entries()->begin(), backwards.mutable_entries()->end());
  CHECK(told(sync(world, backwards)) == "ACCEPTED ACCEPTED ACCEPTED 3 4");
}

TEST_CASE("sync: 5.3 row 2: a sale whose online answer was lost is one sale, whichever way comes first", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  const ApiReply online = world.send("POST", "/v1/sales", world.sale_body("r1", 1), world.terminal_key, "key-r1");
  REQUIRE(online.status == 201);
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  queue.add_sale(world, "r2", 2);
  const ApiReply synced = sync(world, queue.all());
  INFO(synced.body);
  CHECK(told(synced) == "KNOWN ACCEPTED 2 3");
  const ApiReply again = world.send("POST", "/v1/sales", world.sale_body("r2", 2), world.terminal_key, "key-r2");
  CHECK(again.status == 201);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(again.json()["position"].text() == synced.json()["results"].items()[1]["position"].text());
}

TEST_CASE("sync: a command without an id of its own is known by its idempotency key", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  const std::string open =
      R"({"shift_id":"sh1","store_id":"s1","terminal_id":"t1","opening_float":{"amount":0,"currency":"USD"}})";
  REQUIRE(world.send("POST", "/v1/shifts", open, world.terminal_key, "k-open").status == 201);
  REQUIRE(world.send("POST", "/v1/shifts/sh1/end", "{}", world.terminal_key, "k-end").status == 201);
  TillQueue queue;
  queue.add(payload("k-end", "EndShift", R"({"shift_id":"sh1"})"));
  const ApiReply reply = sync(world, queue.all());
  INFO(reply.body);
  CHECK(told(reply) == "KNOWN 1 2");
}

TEST_CASE("sync: a fork is put aside, and what builds on it is none of ours", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  queue.add_sale(world, "r2", 2);
  REQUIRE(told(sync(world, queue.all())) == "ACCEPTED ACCEPTED 2 3");
  TillQueue clone;
  clone.add_sale(world, "r1", 1);
  clone.add_sale(world, "other", 2);
  clone.add_sale(world, "third", 3);
  clone.add_sale(world, "fourth", 4);
  const ApiReply reply = sync(world, clone.all());
  INFO(reply.body);
  CHECK(told(reply) == "KNOWN FORK FORK FORK 2 3");
  CHECK(reply.json()["results"].items()[1]["code"].text() == "OFFLINE_SEQUENCE_FORK");
  CHECK(told(sync(world, clone.all())) == "KNOWN FORK FORK FORK 2 3");
  CHECK(status_of_sale(world, "other") == 404);
  const JsonNode chain = read(world, "/v1/terminals/t1/offline", world.manager_key).json();
  CHECK(chain["forks"].integer() == 1);
  CHECK(chain["open"].items()[0]["fork"].boolean());
  queue.add_sale(world, "r3", 3);
  CHECK(told(sync(world, queue.some(2, 3))) == "ACCEPTED 3 4");
}

TEST_CASE("sync: a gap is told with where to go on", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  for (std::uint64_t i = 1; i <= 5; ++i) queue.add_sale(world, "r" + std::to_string(i), i);
  CHECK(told(sync(world, queue.some(2, 4))) == "GAP GAP 0 1");
  schema::SyncRequest holed = queue.some(0, 2);
  *holed.add_entries() = queue[3];
  CHECK(told(sync(world, holed)) == "ACCEPTED ACCEPTED GAP 2 3");
  CHECK(told(sync(world, queue.some(2, 5))) == "ACCEPTED ACCEPTED ACCEPTED 5 6");
}

TEST_CASE("sync: a wrong hash and a broken chain are refused, and nothing is done", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  queue.add_sale(world, "r2", 2);
  const Position head = world.log().head().position;
  schema::SyncRequest wrong = queue.all();
  wrong.mutable_entries(1)->mutable_payload()->append(" ");
  const ApiReply hash = sync(world, wrong);
  CHECK(told(hash) == "422 OFFLINE_HASH_INVALID");
  CHECK(hash.json()["errors"].items()[0]["pointer"].text() == "/entries/1/hash");
  wrong = queue.all();
  wrong.mutable_entries(1)->set_prev_hash(std::string(kNoOfflineHash));
  wrong.mutable_entries(1)->set_hash(*sync_hash(wrong.entries(1)));
  CHECK(told(sync(world, wrong)) == "409 OFFLINE_CHAIN_BROKEN");
  wrong.mutable_entries(0)->set_prev_hash("no hash");
  CHECK(told(sync(world, wrong)) == "400 VALIDATION_FAILED");
  CHECK(told(sync(world, schema::SyncRequest())) == "400 VALIDATION_FAILED");
  CHECK(told(world.send("POST", kSync, "{", world.terminal_key, {})) == "400 MALFORMED_BODY");
  CHECK(told(world.send("POST", "/v1/terminals/t2/sync", to_json(queue.all()), world.terminal_key, {})) ==
        "403 TERMINAL_NOT_PERMITTED");
  CHECK(told(world.send("POST", "/v1/terminals/t9/sync", to_json(queue.all()), world.manager_key, {})) ==
        "404 TERMINAL_NOT_FOUND");
  CHECK(told(world.send("POST", kSync, to_json(queue.all()), world.reporting_key, {})) == "403 FORBIDDEN");
  CHECK(world.log().head().position == head);
}

TEST_CASE("sync: what a till cannot decide by itself is put aside, and no person gets into the log", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add(payload("k1", "RegisterCustomer", R"({"customer_id":"c1","name":"Ada Lovelace"})"));
  queue.add(payload("k2", "RingUpSale", R"({"sale_id":"r1","customer_name":"Ada Lovelace"})"));
  queue.add("Ada Lovelace");
  queue.add(payload("k4", "RingUpSale", world.sale_body("r4", 1, "t2")));
  queue.add_sale(world, "r5", 1);
  const ApiReply reply = sync(world, queue.all());
  INFO(reply.body);
  CHECK(told(reply) == "QUARANTINED QUARANTINED QUARANTINED QUARANTINED ACCEPTED 5 6");
  const JsonNode answer = reply.json();
  const std::vector<JsonNode>& results = answer["results"].items();
  CHECK(results[0]["code"].text() == "OFFLINE_COMMAND_NOT_ALLOWED");
  CHECK(results[1]["code"].text() == "VALIDATION_FAILED");
  CHECK(results[2]["code"].text() == "MALFORMED_BODY");
  CHECK(results[3]["code"].text() == "TERMINAL_NOT_PERMITTED");
  std::vector<TransactionPtr> transactions;
  REQUIRE(world.engine().feed().read(Position(), 1000, 16u << 20, transactions).ok());
  for (const TransactionPtr& transaction : transactions) {
    CHECK(transaction->record().SerializeAsString().find("Lovelace") == std::string::npos);
  }
  CHECK(transactions.back()->record().origin() == schema::OFFLINE);
  CHECK(transactions.back()->record().terminal_seq() == 1);
}

TEST_CASE("sync: goods that came back while a till was away, those of another terminal's exchange not", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  queue.add(payload("k2", "StartReturn",
                    R"({"return_id":"b1","sale_id":"r1","store_id":"s1","terminal_id":"t1",)"
                    R"("lines":[{"line_id":"1","quantity":"1"}],"occurred_at":"2025-01-01T10:00:00Z"})"));
  queue.add(payload("k3", "CompleteReturn",
                    R"({"return_id":"b1","terminal_seq":2,"occurred_at":"2025-01-01T10:00:00Z",)"
                    R"("refunds":[{"type":"CASH","amount":{"amount":250,"currency":"USD"}}],)"
                    R"("expected_total":{"amount":250,"currency":"USD"}})"));
  queue.add(payload("k4", "ExchangeGoods",
                    R"({"return_id":"b2","source_sale_id":"r1","returned":[{"line_id":"1","quantity":"1"}],)"
                    R"("returned_total":{"amount":250,"currency":"USD"},"sale":)" +
                        world.sale_body("r4", 1, "t2") + "}"));
  const ApiReply reply = sync(world, queue.all());
  INFO(reply.body);
  CHECK(told(reply) == "ACCEPTED ACCEPTED ACCEPTED QUARANTINED 4 5");
  CHECK(reply.json()["results"].items()[3]["code"].text() == "TERMINAL_NOT_PERMITTED");
  CHECK(told(sync(world, queue.all())) == "KNOWN KNOWN KNOWN KNOWN 4 5");
  CHECK(read(world, "/v1/returns/b1", world.manager_key).json()["status"].text() == "COMPLETED");
}

TEST_CASE("sync: an upload is charged to the quota of the terminal that sends it", "[sync]") {
  ServiceOptions options;
  options.rate_limit = {.terminal_commands_per_second = 1, .terminal_burst = 2};
  ApiWorld world(std::move(options));
  world.set_up_acme();
  TillQueue queue;
  for (std::uint64_t i = 1; i <= 30; ++i) queue.add_sale(world, "r" + std::to_string(i), i);
  REQUIRE(sync(world, queue.all()).status == 200);
  const ApiReply refused = sync(world, queue.all());
  CHECK(refused.status == 429);
  CHECK(std::stoi(refused.header("Retry-After")) > 10);
  // The tenant has no quota, and its other keys none of this terminal's.
  CHECK(world.send("POST", kSync, to_json(queue.all()), world.manager_key, {}).status == 200);
}

TEST_CASE("sync: an entry under a key of the server's own is put aside", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  TillQueue queue;
  queue.add(payload(R"(timer\u001freservation\u001fB1)", "RingUpSale", world.sale_body("r1", 1)));
  queue.add_sale(world, "r2", 1);
  const ApiReply reply = sync(world, queue.all());
  INFO(reply.body);
  CHECK(told(reply) == "QUARANTINED ACCEPTED 2 3");
  CHECK(reply.json()["results"].items()[0]["code"].text() == "IDEMPOTENCY_KEY_INVALID");
}

TEST_CASE("sync: a terminal that has a key signs its last entry (T2)", "[sync]") {
  ApiWorld world;
  world.set_up_acme();
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key{};
  REQUIRE(crypto_sign_keypair(public_key.data(), secret_key.data()) == 0);
  const std::string rotate = R"({"public_key":")" + to_hex(as_bytes(public_key)) + R"("})";
  REQUIRE(world.send("PUT", "/v1/terminals/t1/key", rotate, world.manager_key, "k-rotate").status == 201);
  REQUIRE(read(world, "/v1/terminals/t1", world.manager_key).status == 200);
  const auto signature_of = [&](const schema::SyncEntry& entry) {
    const std::string hash = *from_hex(entry.hash());
    std::array<unsigned char, crypto_sign_BYTES> bytes{};
    REQUIRE(crypto_sign_detached(bytes.data(), nullptr, reinterpret_cast<const unsigned char*>(hash.data()),
                                 hash.size(), secret_key.data()) == 0);
    return to_hex(as_bytes(bytes));
  };
  TillQueue queue;
  queue.add_sale(world, "r1", 1);
  queue.add_sale(world, "r2", 2);
  schema::SyncRequest request = queue.all();
  CHECK(told(sync(world, request)) == "403 OFFLINE_SIGNATURE_INVALID");
  request.set_signature(signature_of(queue[0]));
  CHECK(told(sync(world, request)) == "403 OFFLINE_SIGNATURE_INVALID");
  request.set_signature(signature_of(queue[1]));
  CHECK(told(sync(world, request)) == "ACCEPTED ACCEPTED 2 3");
  // A hole would leave what stands before it unsigned.
  queue.add_sale(world, "r3", 3);
  queue.add_sale(world, "r4", 4);
  request = queue.some(1, 2);
  *request.add_entries() = queue[3];
  request.set_signature(signature_of(queue[3]));
  CHECK(told(sync(world, request)) == "409 OFFLINE_CHAIN_BROKEN");
}

TEST_CASE("sync: 5.3 row 14: quantities survive, and the hash covers them", "[sync][property]") {
  CHECK(rc::check([] {
    const auto quantity = *rc::gen::inRange<std::int64_t>(1, 100'000'000'000'000);
    std::string text;
    append_decimal_e5(quantity, text);
    schema::SyncEntry entry;
    entry.set_client_seq(*rc::gen::inRange<std::uint64_t>(1, 1'000'000));
    entry.set_prev_hash(std::string(kNoOfflineHash));
    entry.set_payload(payload("k", "RingUpSale",
                              R"({"sale_id":"r","store_id":"s","terminal_id":"t","terminal_seq":1,)"
                              R"("occurred_at":"2026-03-02T10:00:00Z","lines":[{"line_id":"1","sku":"a","quantity":")" +
                                  text +
                                  R"(","unit_price":{"amount":1,"currency":"EUR"}}],)"
                                  R"("expected_total":{"amount":1,"currency":"EUR"}})"));
    entry.set_hash(*sync_hash(entry));
    schema::SyncRequest request;
    *request.add_entries() = entry;
    const DecodedSync decoded = decode_sync(WireForm::kJson, to_json(request), {});
    RC_ASSERT(!decoded.problem);
    const BatchEntry item = decode_batch_item(decoded.entry(0).payload(), {});
    RC_ASSERT(!item.decoded.problem);
    RC_ASSERT(item.decoded.command->ring_up_sale().lines(0).quantity_e5() == quantity);
    // Another quantity under the same hash is refused.
    std::string& sent = *request.mutable_entries(0)->mutable_payload();
    const std::size_t at = sent.find(text);
    sent.replace(at, text.size(), text == "1" ? "2" : "1");
    const DecodedSync other = decode_sync(WireForm::kJson, to_json(request), {});
    RC_ASSERT(other.problem && other.problem->code() == schema::OFFLINE_HASH_INVALID);
  }));
}

TEST_CASE("sync: the hash is that of the document", "[sync]") {
  schema::SyncEntry entry;
  entry.set_client_seq(1);
  entry.set_prev_hash(std::string(kNoOfflineHash));
  entry.set_payload("{}");
  std::string bytes(32, '\0');
  bytes += std::string("\0\0\0\0\0\0\0\1", 8) + "{}";
  CHECK(*sync_hash(entry) == to_hex(as_bytes(sha256(bytes))));
  entry.set_prev_hash(std::string(64, 'A'));
  CHECK_FALSE(sync_hash(entry));
  CHECK(from_hex("0aff") == std::string("\x0a\xff"));
  CHECK_FALSE(from_hex("0"));
}

}  // namespace
}  // namespace till::testing
