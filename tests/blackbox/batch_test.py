"""Many commands in one request: in order, each by itself."""

from typing import Any

from support import protobuf
from support.case import ContractTest
from support.client import PROTOBUF
from support.shop import Item, Shop


class Batch(ContractTest):
    def item(self, command: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        return {"idempotency_key": key or self.world.unique("key"), "command": command, "body": body}

    def store(self, name: str = "A", key: str | None = None, store: str | None = None) -> dict[str, Any]:
        return self.item("UpsertStore", {"store_id": store or self.world.unique("store"), "name": name}, key)

    def results(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        results = self.ok(self.api().batch(items))["results"]
        self.assertEqual(len(results), len(items))
        return results

    def test_results_are_in_order(self) -> None:
        items = [self.store() for _ in range(50)]
        results = self.results(items)
        self.assertEqual([r["status"] for r in results], [201] * 50)
        self.assertEqual([r["body"]["store_id"] for r in results], [i["body"]["store_id"] for i in items])
        self.assertEqual(len({r["body"]["position"] for r in results}), 50)

    def test_commands_see_those_before_them(self) -> None:
        store, till = self.world.unique("store"), self.world.unique("till")
        results = self.results([
            self.store(store=store),
            self.item("RegisterTerminal", {"store_id": store, "terminal_id": till}),
            self.item("RegisterTerminal", {"store_id": self.world.unique("none"), "terminal_id": till})])
        self.assertEqual([r["status"] for r in results], [201, 201, 404])

    def test_each_is_decided_by_itself(self) -> None:
        results = self.results([self.store(), self.store(name=""), self.item("VoidSale", {
            "sale_id": self.world.unique("none"), "reason": "a"}), self.store()])
        self.assertEqual([r["status"] for r in results], [201, 400, 404, 201])
        for result in results[1:3]:
            self.assertEqual(result["body"]["status"], result["status"])
            self.assertTrue(result["body"]["code"])

    def test_same_key_twice_inside_is_a_replay(self) -> None:
        item = self.store()
        first, second = self.results([item, item])
        self.assertEqual((first["status"], second), (201, first))

    def test_same_key_with_other_content_inside_is_refused(self) -> None:
        key, store = self.world.unique("key"), self.world.unique("store")
        results = self.results([self.store("A", key, store), self.store("B", key, store)])
        self.assertEqual([r["status"] for r in results], [201, 422])
        self.assertEqual(results[1]["body"]["code"], "IDEMPOTENCY_KEY_REUSED")

    def test_whole_batch_again_is_a_replay(self) -> None:
        items = [self.store() for _ in range(5)]
        self.assertEqual(self.results(items), self.results(items))

    def test_keys_are_those_of_single_commands(self) -> None:
        item = self.store()
        result = self.results([item])[0]
        path = f"/v1/stores/{item['body']['store_id']}"
        answer = self.api().command("PUT", path, {"name": "A"}, key=item["idempotency_key"])
        self.assertEqual((answer.status, answer.json), (201, result["body"]))
        self.assertEqual(answer.headers.get("idempotent-replayed"), "true")

    def test_1000_commands(self) -> None:
        results = self.results([self.store() for _ in range(1000)])
        self.assertEqual({r["status"] for r in results}, {201})

    def test_more_than_1000_are_refused_and_none_is_done(self) -> None:
        first = self.store()
        items = [first] + [self.store() for _ in range(1000)]
        self.problem(self.api().batch(items), 400, pointer="/commands")
        answer = self.api().command("PUT", f"/v1/stores/{first['body']['store_id']}", {"name": "A"},
                                    key=first["idempotency_key"])
        self.assertNotIn("idempotent-replayed", answer.headers)

    def test_unknown_command(self) -> None:
        for command in ("Frobnicate", "ringUpSale", "", "CreateTenant", "IssueApiKey"):
            with self.subTest(command):
                bad, good = self.results([self.item(command, {}), self.store()])
                self.assertEqual(good["status"], 201)
                self.assertIn(bad["status"], (400, 403))
                self.assertTrue(bad["body"]["code"])

    def test_missing_key_of_an_item(self) -> None:
        item = self.store()
        del item["idempotency_key"]
        answer = self.api().batch([item])
        status = answer.json["results"][0]["status"] if answer.status == 200 else answer.status
        self.assertEqual(status, 400, str(answer))

    def test_missing_path_id_in_the_body(self) -> None:
        result = self.results([self.item("UpsertStore", {"name": "A"})])[0]
        self.assertEqual(result["status"], 400)
        self.assertIn("store_id", str(result["body"]["errors"]))

    def test_scope_is_checked_for_each(self) -> None:
        customer = {"customer_id": self.world.unique("customer")}
        answer = self.api("terminal").batch([self.store(), self.item("RegisterCustomer", customer)])
        self.assertEqual([r["status"] for r in self.ok(answer)["results"]], [403, 201])

    def test_envelope_is_read_strictly(self) -> None:
        self.problem(self.api().send("POST", "/v1/batch", {"commands": [], "extra": 1}), 400, pointer="/extra")

    def test_no_commands(self) -> None:
        self.problem(self.api().send("POST", "/v1/batch", {}), 400, pointer="/commands")

    def test_sales_of_a_day(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        items = []
        for _ in range(100):
            items.append(self.item("RingUpSale", shop.ticket(terminal, [Item(sku)])))
            terminal.next_seq += 1
        results = self.results(items)
        self.assertEqual({r["status"] for r in results}, {201})
        self.assertEqual(shop.on_hand(sku, at_least=results[-1]["body"]["position"]), {sku: "-100"})

    def test_as_protobuf(self) -> None:
        stores = [self.world.unique("store") for _ in range(2)]
        items = [protobuf.message((1, self.world.unique("key")), (2, "UpsertStore"),
                                  (3, protobuf.message((1, store), (2, "A")))) for store in stores]
        body = protobuf.message(*[(1, item) for item in items])
        answer = self.api().send("POST", "/v1/batch", body, headers={"Content-Type": PROTOBUF, "Accept": PROTOBUF})
        self.assertEqual(answer.status, 200, str(answer))
        results = [dict(protobuf.fields(value)) for _, value in protobuf.fields(answer.body)]
        self.assertEqual([r[1] for r in results], [201, 201])
