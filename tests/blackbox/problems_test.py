"""Errors: RFC 9457 documents with a stable code, and each status provoked."""

import time

from support.case import ContractTest
from support.client import Answer, Api, fresh_key, money
from support.shop import Item, Shop
from support.world import world

HUGE = 200_000_000


class Document(ContractTest):
    """All members that the contract promises, on errors of every layer."""

    def complete(self, answer: Answer) -> None:
        promised = ("type", "title", "status", "detail", "instance", "code", "retryable")
        self.assertEqual([name for name in promised if name not in answer.json], [], str(answer))

    def test_of_validation(self) -> None:
        self.complete(self.api().command("PUT", "/v1/stores/a", {"name": 1}))

    def test_of_a_business_rule(self) -> None:
        shop = Shop.open(self.world)
        self.complete(shop.send(shop.ticket(shop.terminal(), [Item(shop.product())], expected_total=money(1))))

    def test_of_an_unknown_route(self) -> None:
        self.complete(self.api().send("GET", "/v1/nothing"))

    def test_of_a_missing_sale(self) -> None:
        self.complete(self.api().read(f"/v1/sales/{self.world.unique('none')}"))

    def test_of_a_missing_key(self) -> None:
        self.complete(Api(self.world.up["url"], None).read("/v1/sales/a"))

    def test_of_a_reused_idempotency_key(self) -> None:
        key, store = fresh_key(), self.world.unique("store")
        self.api().command("PUT", f"/v1/stores/{store}", {"name": "A"}, key=key)
        self.complete(self.api().command("PUT", f"/v1/stores/{store}", {"name": "B"}, key=key))

    def test_of_headers_too_large(self) -> None:
        self.complete(self.api().send("GET", "/v1/sales/a", headers={"X-Large": "x" * 100_000}))

    def test_errors_have_pointer_and_code(self) -> None:
        body = self.problem(self.api().command("PUT", "/v1/stores/a", {"nam": "A"}), 400)
        for error in body["errors"]:
            self.assertLessEqual({"pointer", "code"}, set(error))

    def test_retryable_is_said(self) -> None:
        self.assertFalse(self.problem(self.api().send("GET", "/v1/nothing"), 404)["retryable"])

    def test_shows_no_secret(self) -> None:
        key = self.world.up["keys"]["reporting"]
        self.assertNotIn(key.encode(), self.api("reporting").command("PUT", "/v1/stores/a", {"name": key}).body)


class Statuses(ContractTest):
    def test_400_malformed(self) -> None:
        self.problem(self.api().command("PUT", "/v1/stores/a", b"{"), 400, "MALFORMED_BODY")

    def test_401_without_a_key(self) -> None:
        answer = Api(self.world.up["url"], None).read("/v1/sales/a")
        self.problem(answer, 401)
        self.assertIn("www-authenticate", answer.headers)

    def test_401_with_a_wrong_key(self) -> None:
        good = self.world.up["keys"]["manager"]
        wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
        for key in (wrong, good[:-1], good + "0", "x", "till__", good.upper()):
            with self.subTest(key[-6:]):
                self.problem(Api(self.world.up["url"], key).read("/v1/sales/a"), 401)

    def test_401_with_another_scheme(self) -> None:
        header = {"Authorization": f"Basic {self.world.up['keys']['manager']}"}
        self.problem(Api(self.world.up["url"], None).send("GET", "/v1/sales/a", headers=header), 401)

    def test_401_comes_before_the_body_is_judged(self) -> None:
        self.problem(Api(self.world.up["url"], "x").command("POST", "/v1/sales", {}), 401)

    def test_403_by_scope(self) -> None:
        for scope, method, path in (("terminal", "PUT", "/v1/stores/a"),
                                    ("terminal", "POST", "/v1/inventory/receipts"),
                                    ("terminal", "PUT", "/v1/catalog/products/a"), ("reporting", "POST", "/v1/sales"),
                                    ("reporting", "POST", "/v1/customers"),
                                    ("reporting", "PUT", "/v1/stores/a/policy")):
            with self.subTest(f"{scope} {path}"):
                self.problem(self.api(scope).command(method, path, {}), 403)

    def test_403_of_reads(self) -> None:
        self.problem(self.api("terminal").read("/v1/reports/sales", **{"from": "2020-01-01", "to": "2020-01-01"},
                                               group_by="day"), 403)

    def test_admin_may_do_everything_of_a_tenant(self) -> None:
        shop = Shop.open(self.world, api=self.api("admin"))
        shop.sell(shop.terminal(), [Item(shop.product())])
        self.ok(self.api("admin").read("/v1/dashboards/tenant", business_date=str(shop.day)))

    def test_404_route(self) -> None:
        for path in ("/", "/v1", "/v1/", "/v1/nothing", "/v2/sales", "/v1/sales/a/b/c", "/v1/sales//void", "/V1/sales"):
            with self.subTest(path):
                self.problem(self.api().send("GET", path), 404)

    def test_404_sale(self) -> None:
        self.problem(self.api().read(f"/v1/sales/{self.world.unique('none')}"), 404)

    def test_404_customer(self) -> None:
        self.problem(self.api().read(f"/v1/customers/{self.world.unique('none')}"), 404)

    def test_404_void_of_no_sale(self) -> None:
        self.problem(self.api().command("POST", f"/v1/sales/{self.world.unique('none')}/void", {"reason": "a"}), 404)

    def test_404_store_of_a_terminal(self) -> None:
        self.problem(self.api().command("PUT", f"/v1/stores/{self.world.unique('none')}/terminals/a", {}), 404)

    def test_404_terminal_of_a_sale(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.ticket(shop.terminal(), [Item(shop.product())], terminal_id=self.world.unique("none"))
        self.problem(shop.send(sale), 404)

    def test_405_names_what_is_allowed(self) -> None:
        for method, path, allowed in (("DELETE", "/v1/stores/a", {"PUT"}), ("GET", "/v1/customers", {"POST"}),
                                      ("PUT", "/v1/sales", {"POST"}), ("POST", "/v1/sales/a", {"GET"}),
                                      ("POST", "/v1/reports/sales", {"GET"}), ("GET", "/v1/batch", {"POST"})):
            with self.subTest(f"{method} {path}"):
                answer = self.api().send(method, path)
                self.problem(answer, 405)
                self.assertLessEqual(allowed, {m.strip() for m in answer.headers["allow"].split(",")})

    def test_408_of_a_body_that_does_not_come(self) -> None:
        if not self.world.full:
            self.skipTest("slow: runs with --full")
        started = time.monotonic()
        answer = self.api().raw(self.head(10), timeout_s=180)
        self.problem(answer, 408)
        self.assertLess(time.monotonic() - started, 120)

    def test_409_of_state(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.sell(shop.terminal(), [Item(shop.product())])
        self.accepted(shop.void(sale["sale_id"]))
        self.problem(shop.void(sale["sale_id"], "another reason"), 409)

    def head(self, length: int) -> bytes:
        key = self.world.up["keys"]["manager"]
        return (f"PUT /v1/stores/a HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: a\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode()

    def test_413_is_said_before_the_body_was_read(self) -> None:
        self.problem(self.api().raw(self.head(HUGE)), 413)

    def test_413_of_a_chunked_body(self) -> None:
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        head = self.head(1).replace(b"Content-Length: 1", b"Transfer-Encoding: chunked")
        self.problem(self.api().raw(head + chunk * 1_000), 413)

    def test_415(self) -> None:
        for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "x"):
            with self.subTest(kind):
                answer = self.api().command("PUT", "/v1/stores/a", b'{"name":"A"}', headers={"Content-Type": kind})
                self.problem(answer, 415)

    def test_json_with_charset_is_read(self) -> None:
        answer = self.api().command("PUT", f"/v1/stores/{self.world.unique('store')}", b'{"name":"A"}',
                                    headers={"Content-Type": "application/json; charset=utf-8"})
        self.accepted(answer)

    def test_422_of_a_business_rule(self) -> None:
        shop = Shop.open(self.world)
        self.problem(shop.send(shop.ticket(shop.terminal(), [Item(shop.product())], expected_total=money(1))), 422)

    def test_431(self) -> None:
        self.problem(self.api().send("GET", "/v1/sales/a", headers={"X-Large": "x" * 100_000}), 431)

    def test_length_together_with_chunks_is_refused(self) -> None:
        head = self.head(2).replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.problem(self.api().raw(head + b"2\r\n{}\r\n0\r\n\r\n"), 400)

    def test_request_that_is_no_http(self) -> None:
        self.problem(self.api().raw(b"HELLO\r\n\r\n"), 400)


class Rules(ContractTest):
    """Business rules as a terminal meets them."""

    shop: Shop
    sku: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()

    def refused(self, status: int, **more: object) -> None:
        self.problem(self.shop.send(self.shop.ticket(self.shop.terminal(), [Item(self.sku)], **more)), status)

    def test_total_must_be_the_expected_one(self) -> None:
        self.refused(422, expected_total=money(1001))

    def test_tenders_must_pay(self) -> None:
        self.refused(422, tenders=[{"type": "CASH", "amount": money(999)}])

    def test_payment_is_needed(self) -> None:
        sale = self.shop.ticket(self.shop.terminal(), [Item(self.sku)])
        self.problem(self.shop.send(sale | {"tenders": []}), 422)

    def test_change_comes_from_cash_only(self) -> None:
        self.refused(422, tenders=[{"type": "CARD", "amount": money(1500)}], change=500)

    def test_discount_up_to_the_gross(self) -> None:
        self.refused(422, lines=[{"line_id": "1", "sku": self.sku, "quantity": "1", "unit_price": money(1000),
                                  "discount": money(1001)}])

    def test_one_currency(self) -> None:
        self.refused(422, tenders=[{"type": "CASH", "amount": money(1000, "EUR")}])

    def test_lines_have_different_ids(self) -> None:
        line = {"line_id": "1", "sku": self.sku, "quantity": "1", "unit_price": money(500)}
        self.refused(422, lines=[line, line])

    def test_product_is_known(self) -> None:
        line = {"line_id": "1", "sku": self.world.unique("none"), "quantity": "1", "unit_price": money(1000)}
        self.refused(422, lines=[line])

    def test_quantity_is_positive(self) -> None:
        for quantity in ("0", "-1"):
            with self.subTest(quantity):
                line = {"line_id": "1", "sku": self.sku, "quantity": quantity, "unit_price": money(1000)}
                self.refused(422, lines=[line])

    def test_future_is_refused(self) -> None:
        self.refused(422, occurred_at="2199-01-01T00:00:00Z")

    def test_time_zone_is_known(self) -> None:
        answer = self.api().command("PUT", f"/v1/stores/{self.shop.store_id}/policy", {
            "stock": "DENY", "time_zone": "Mars/Olympus", "business_day_cutoff_hour": 0})
        self.problem(answer, 422)

    def test_cutoff_is_an_hour(self) -> None:
        answer = self.api().command("PUT", f"/v1/stores/{self.shop.store_id}/policy", {
            "stock": "DENY", "time_zone": "UTC", "business_day_cutoff_hour": 24})
        self.problem(answer, 422)

    def test_currency_is_known(self) -> None:
        answer = self.api().command("PUT", f"/v1/catalog/products/{self.world.unique('sku')}", {
            "name": "A", "category": "c", "unit_price": money(1, "QQQ"), "tax_code": "A"})
        self.assertIn(answer.status, (400, 422), str(answer))

    def test_terminal_belongs_to_one_store(self) -> None:
        other = Shop.open(self.world)
        sale = other.ticket(self.shop.terminal(), [Item(self.sku)])
        answer = other.send(sale)
        self.assertIn(answer.status, (404, 409), str(answer))
