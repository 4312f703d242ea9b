"""The Idempotency-Key: what it forgives, what it refuses."""

from concurrent.futures import ThreadPoolExecutor

from support import protobuf
from support.case import ContractTest
from support.client import PROTOBUF, Answer, fresh_key, money
from support.shop import Item, Shop


class Key(ContractTest):
    def put_store(self, store: str, name: str, key: str | None) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.api().send("PUT", f"/v1/stores/{store}", {"name": name}, headers=headers)

    def test_missing_is_refused(self) -> None:
        self.problem(self.put_store(self.world.unique("store"), "A", None), 400, "IDEMPOTENCY_KEY_MISSING")

    def test_missing_is_refused_on_every_command(self) -> None:
        for method, path in (("PUT", "/v1/stores/a"), ("PUT", "/v1/stores/a/terminals/b"),
                             ("PUT", "/v1/stores/a/policy"), ("PUT", "/v1/catalog/products/a"),
                             ("POST", "/v1/customers"), ("POST", "/v1/inventory/receipts"),
                             ("POST", "/v1/inventory/adjustments"), ("POST", "/v1/sales"), ("POST", "/v1/sales/a/void")):
            with self.subTest(path):
                self.problem(self.api().send(method, path, {}), 400, "IDEMPOTENCY_KEY_MISSING")

    def test_longest(self) -> None:
        self.accepted(self.put_store(self.world.unique("store"), "A", fresh_key().ljust(255, "k")))

    def test_shortest(self) -> None:
        store = f"store-{self.world.seed}-one-character"
        self.assertIn(self.put_store(store, "A", "!").status, (201, 422))  # 422: an earlier run on this server used it

    def test_too_long_is_refused(self) -> None:
        self.problem(self.put_store(self.world.unique("store"), "A", "k" * 256), 400)

    def test_empty_is_refused(self) -> None:
        for key in ("", '""'):
            with self.subTest(key):
                self.problem(self.put_store(self.world.unique("store"), "A", key), 400)

    def test_quoted_and_bare_are_the_same(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        first = self.put_store(store, "A", f'"{key}"')
        self.accepted(first)
        self.replayed(self.put_store(store, "A", key), first)

    def test_replay_has_the_same_status_and_body(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        first = self.put_store(store, "A", key)
        self.accepted(first)
        self.assertNotIn("idempotent-replayed", first.headers)
        for _ in range(3):
            self.replayed(self.put_store(store, "A", key), first)

    def test_replay_answers_what_was_answered_first(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        first = self.put_store(store, "A", key)
        self.accepted(self.put_store(store, "B", fresh_key()))
        self.replayed(self.put_store(store, "A", key), first)

    def test_replay_of_a_sale(self) -> None:
        shop, key = Shop.open(self.world), fresh_key()
        sale = shop.ticket(shop.terminal(), [Item(shop.product())])
        first = shop.send(sale, key=key)
        self.accepted(first)
        self.replayed(shop.send(sale, key=key), first)

    def test_member_order_and_white_space_do_not_matter(self) -> None:
        shop, key = Shop.open(self.world), fresh_key()
        path = f"/v1/stores/{shop.store_id}/policy"
        first = self.api().command("PUT", path, b'{"stock":"DENY","time_zone":"UTC"}', key=key)
        self.accepted(first)
        self.replayed(self.api().command("PUT", path, b'{ "time_zone" : "UTC",\n "stock":"DENY" }', key=key), first)

    def test_equal_decimals_are_the_same_payload(self) -> None:
        shop, key = Shop.open(self.world), fresh_key()
        body = {"receipt_id": self.world.unique("receipt"), "store_id": shop.store_id}
        sku = shop.product()
        answers = [self.api().command("POST", "/v1/inventory/receipts",
                                      body | {"lines": [{"sku": sku, "quantity": quantity}]}, key=key)
                   for quantity in ("1.5", "1.50")]
        self.replayed(answers[1], answers[0])

    def test_other_payload_is_refused(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        self.accepted(self.put_store(store, "A", key))
        self.problem(self.put_store(store, "B", key), 422, "IDEMPOTENCY_KEY_REUSED")

    def test_other_path_is_another_payload(self) -> None:
        key = fresh_key()
        self.accepted(self.put_store(self.world.unique("store"), "A", key))
        self.problem(self.put_store(self.world.unique("store"), "A", key), 422, "IDEMPOTENCY_KEY_REUSED")

    def test_other_command_is_another_payload(self) -> None:
        key = fresh_key()
        self.accepted(self.put_store(self.world.unique("store"), "A", key))
        answer = self.api().command("POST", "/v1/customers", {"customer_id": self.world.unique("customer")}, key=key)
        self.problem(answer, 422, "IDEMPOTENCY_KEY_REUSED")

    def test_scope_is_the_tenant_not_the_api_key(self) -> None:
        customer, key = self.world.unique("customer"), fresh_key()
        first = self.api("terminal").command("POST", "/v1/customers", {"customer_id": customer}, key=key)
        self.accepted(first)
        self.replayed(self.api("manager").command("POST", "/v1/customers", {"customer_id": customer}, key=key), first)

    def test_duplicate_in_flight_gets_the_answer_of_the_first(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        with ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                sale, key = shop.ticket(terminal, [Item(sku)]), fresh_key()
                answers = list(pool.map(lambda _, s=sale, k=key: shop.send(s, key=k), range(8)))
                self.assertEqual({(a.status, a.body) for a in answers}, {(201, answers[0].body)})
                self.assertEqual(len([a for a in answers if "idempotent-replayed" not in a.headers]), 1)
                terminal.next_seq += 1
        self.assertEqual(shop.on_hand(sku, at_least=answers[0].position), {sku: "-20"})

    def test_different_requests_in_flight_with_one_key(self) -> None:
        stores, key = [self.world.unique("store") for _ in range(8)], fresh_key()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda store: self.put_store(store, "A", key), stores))
        self.assertEqual(sorted(a.status for a in answers), [201] + [422] * 7)

    def test_rejection_is_not_remembered(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        terminal, sku, key = shop.terminal(), shop.product(), fresh_key()
        sale = shop.ticket(terminal, [Item(sku)])
        self.problem(shop.send(sale, key=key), 409, "INSUFFICIENT_STOCK")
        shop.receive(sku, "1")
        answer = shop.send(sale, key=key)
        self.accepted(answer, sale_id=sale["sale_id"])
        self.assertNotIn("idempotent-replayed", answer.headers)

    def test_malformed_request_does_not_use_up_the_key(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        self.problem(self.api().command("PUT", f"/v1/stores/{store}", {"name": 1}, key=key), 400)
        self.accepted(self.put_store(store, "A", key))


class BothForms(ContractTest):
    """The same request as JSON and as Protobuf; field numbers are those of schemas/commands.proto."""

    def test_store_json_first(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        path = f"/v1/stores/{store}"
        first = self.api().command("PUT", path, {"name": "Süd"}, key=key)
        self.accepted(first, store_id=store)
        self.replayed(self.api().protobuf("PUT", path, protobuf.message((2, "Süd")), key=key), first)

    def test_store_protobuf_first(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        path = f"/v1/stores/{store}"
        first = self.api().protobuf("PUT", path, protobuf.message((1, store), (2, "Süd")), key=key)
        self.accepted(first, store_id=store)
        self.replayed(self.api().command("PUT", path, {"name": "Süd"}, key=key), first)

    def test_other_content_in_protobuf_is_refused(self) -> None:
        store, key = self.world.unique("store"), fresh_key()
        self.accepted(self.api().command("PUT", f"/v1/stores/{store}", {"name": "A"}, key=key))
        answer = self.api().protobuf("PUT", f"/v1/stores/{store}", protobuf.message((2, "B")), key=key)
        self.problem(answer, 422, "IDEMPOTENCY_KEY_REUSED")

    def sale_as_protobuf(self, sale: dict, occurred_at_us: int) -> bytes:
        line = sale["lines"][0]
        return protobuf.message(
            (1, sale["sale_id"]), (2, sale["store_id"]), (3, sale["terminal_id"]), (4, sale["terminal_seq"]),
            (5, occurred_at_us),
            (8, protobuf.message((1, line["line_id"]), (2, line["sku"]), (3, 150_000),
                                 (4, protobuf.message((1, line["unit_price"]["amount"]), (3, "USD"))))),
            (10, protobuf.message((1, 1), (2, protobuf.money(sale["tenders"][0]["amount"]["amount"])))),
            (12, protobuf.money(sale["expected_total"]["amount"])))

    def test_sale(self) -> None:
        shop, key = Shop.open(self.world), fresh_key()
        sale = shop.ticket(shop.terminal(), [Item(shop.product(), "1.5", 1000)], occurred_at="2001-09-09T01:46:40Z")
        del sale["taxes"]
        first = shop.send(sale, key=key)
        self.assertEqual(self.accepted(first)["total"], money(1500))
        second = self.api().protobuf("POST", "/v1/sales", self.sale_as_protobuf(sale, 10**15), key=key)
        self.replayed(second, first)

    def test_answer_as_protobuf(self) -> None:
        store = self.world.unique("store")
        answer = self.api().command("PUT", f"/v1/stores/{store}", protobuf.message((2, "A")),
                                    headers={"Content-Type": PROTOBUF, "Accept": PROTOBUF})
        self.assertEqual((answer.status, answer.headers["content-type"]), (201, PROTOBUF), str(answer))
        fields = dict(protobuf.fields(answer.body))
        self.assertEqual(fields[1].decode(), answer.headers["till-position"])
        self.assertEqual(dict(protobuf.fields(fields[2]))[1].decode(), store)

    def test_damaged_protobuf_is_malformed(self) -> None:
        for body in (b"\xff", b"\x12\x7fabc", protobuf.message((2, b"\xff\xfe"))):
            with self.subTest(body):
                answer = self.api().protobuf("PUT", f"/v1/stores/{self.world.unique('store')}", body)
                self.problem(answer, 400)

    def test_unknown_field_in_protobuf_is_refused(self) -> None:
        body = protobuf.message((2, "A"), (999, "B"))
        self.problem(self.api().protobuf("PUT", f"/v1/stores/{self.world.unique('store')}", body), 400)
