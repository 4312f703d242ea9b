"""Reads: sales, customers, availability, positions."""

import threading
import time

from support.case import ContractTest
from support.client import Api, money
from support.shop import Item, Shop


class Sale(ContractTest):
    def test_has_every_field(self) -> None:
        shop = Shop.open(self.world)
        terminal = shop.terminal()
        sale = shop.sell(terminal, [Item(shop.product(), "2", 1999, 98)], tax=390, change=710)
        view = self.ok(self.api("terminal").read(f"/v1/sales/{sale['sale_id']}", shop.last.position))
        self.assertLessEqual({"sale_id", "store_id", "terminal_id", "business_date", "state", "lines", "taxes",
                              "tenders", "change", "net", "tax", "total", "position"}, set(view))
        for name in ("sale_id", "store_id", "terminal_id", "taxes", "change"):
            self.assertEqual(view[name], sale[name], name)
        self.assertEqual(view["state"], "COMPLETED")
        self.assertEqual((view["net"], view["tax"], view["total"]), (money(3900), money(390), money(4290)))
        self.assertEqual(view["business_date"], str(shop.day))
        self.assertEqual(view["position"], shop.last.position)

    def test_lines_are_as_sent(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.sell(shop.terminal(), [Item(shop.product(), "1.25", 999), Item(shop.product(), "3", 100, 50)])
        lines = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))["lines"]
        for line, sent in zip(lines, sale["lines"], strict=True):
            self.assertEqual({name: line[name] for name in sent}, sent)

    def test_price_in_ten_thousandths_is_as_sent(self) -> None:
        shop = Shop.open(self.world)
        price = {"amount_e4": 15_049, "currency": "USD"}  # 1.5049 x 3 = 4.5147
        line = {"line_id": "1", "sku": shop.product(), "quantity": "3", "unit_price": price}
        sale = shop.sell(shop.terminal(), [], lines=[line], expected_total=money(451),
                         tenders=[{"type": "CARD", "amount": money(451), "reference": "abc"}])
        view = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))
        self.assertEqual(view["lines"][0]["unit_price"], price)
        self.assertEqual(view["tenders"][0], sale["tenders"][0])

    def test_optional_ids_are_shown(self) -> None:
        shop = Shop.open(self.world)
        customer = self.world.unique("customer")
        self.accepted(self.api().command("POST", "/v1/customers", {"customer_id": customer}))
        sale = shop.sell(shop.terminal(), [Item(shop.product())], customer_id=customer, employee_id="e-1")
        view = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))
        self.assertEqual((view["customer_id"], view["employee_id"]), (customer, "e-1"))

    def test_void_changes_the_state(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.sell(shop.terminal(), [Item(shop.product())])
        voided = shop.void(sale["sale_id"])
        view = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", voided.position))
        self.assertEqual(view["state"], "VOIDED")

    def test_business_date_follows_zone_and_cutoff(self) -> None:
        shop = Shop.open(self.world, time_zone="America/New_York", cutoff=4)
        terminal, sku = shop.terminal(), shop.product()
        # In winter New York is 5 hours behind UTC: 03:59 local is yesterday's trade, 04:00 today's.
        for occurred_at, date in (("2010-01-12T08:59:59Z", "2010-01-11"), ("2010-01-12T09:00:00Z", "2010-01-12"),
                                  ("2010-07-12T07:59:59Z", "2010-07-11"), ("2010-07-12T08:00:00Z", "2010-07-12")):
            with self.subTest(occurred_at):
                shop.sell(terminal, [Item(sku)], occurred_at=occurred_at)
                self.assertEqual(shop.last.json["business_date"], date)


class Customer(ContractTest):
    def test_is_shown_in_clear(self) -> None:
        customer = {"customer_id": self.world.unique("customer"), "name": "Zoë Ünal", "email": "zoe@example.com",
                    "phone": "+49 30 901820"}
        made = self.api().command("POST", "/v1/customers", customer)
        view = self.ok(self.api().read(f"/v1/customers/{customer['customer_id']}", made.position))
        self.assertEqual({name: view[name] for name in customer}, customer)
        self.assertEqual(view["position"], made.position)

    def test_without_personal_data(self) -> None:
        customer = self.world.unique("customer")
        made = self.api().command("POST", "/v1/customers", {"customer_id": customer})
        self.assertEqual(self.ok(self.api().read(f"/v1/customers/{customer}", made.position))["customer_id"], customer)

    def test_personal_data_is_in_clear_in_no_file(self) -> None:
        name = f"Personal{self.world.seed}Name"
        body = {"customer_id": self.world.unique("customer"), "name": name}
        made = self.api().command("POST", "/v1/customers", body)
        self.ok(self.api().read(f"/v1/customers/{body['customer_id']}", made.position))
        for path in self.world.data.rglob("*"):
            if path.is_file() and name.encode() in path.read_bytes():
                self.fail(f"{path.relative_to(self.world.data)} holds a customer's name in clear")


class Availability(ContractTest):
    def test_of_many_skus(self) -> None:
        shop = Shop.open(self.world)
        skus = [shop.product() for _ in range(5)]
        for number, sku in enumerate(skus, 1):
            shop.last = shop.receive(sku, f"{number}.5")
        view = self.ok(self.api("terminal").read("/v1/inventory/availability", shop.last.position,
                                                 store_id=shop.store_id, sku=skus))
        self.assertEqual(view["store_id"], shop.store_id)
        self.assertEqual([item["sku"] for item in view["items"]], skus)
        self.assertEqual([item["on_hand"] for item in view["items"]], ["1.5", "2.5", "3.5", "4.5", "5.5"])
        self.assertEqual([item["available"] for item in view["items"]], ["1.5", "2.5", "3.5", "4.5", "5.5"])

    def test_of_a_hundred_skus(self) -> None:
        shop = Shop.open(self.world)
        skus = [f"sku-{self.world.seed}-{number}" for number in range(100)]
        self.assertEqual(shop.on_hand(*skus), dict.fromkeys(skus, "0"))

    def test_after_receipt_sale_void_and_adjustment(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product()
        shop.last = shop.receive(sku, "10")
        self.assertEqual(shop.on_hand(sku), {sku: "10"})
        sale = shop.sell(shop.terminal(), [Item(sku, "2.5")])
        self.assertEqual(shop.on_hand(sku), {sku: "7.5"})
        voided = shop.void(sale["sale_id"])
        self.assertEqual(shop.on_hand(sku, at_least=voided.position), {sku: "10"})
        adjusted = self.api().command("POST", "/v1/inventory/adjustments", {
            "adjustment_id": self.world.unique("a"), "store_id": shop.store_id, "sku": sku, "delta": "-0.00001",
            "reason": "LOSS"})
        self.assertEqual(shop.on_hand(sku, at_least=adjusted.position), {sku: "9.99999"})

    def test_same_sku_on_two_lines(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product()
        shop.sell(shop.terminal(), [Item(sku, "1"), Item(sku, "2")])
        self.assertEqual(shop.on_hand(sku), {sku: "-3"})

    def test_stores_are_apart(self) -> None:
        shop, other = Shop.open(self.world), Shop.open(self.world)
        sku = shop.product()
        shop.last = shop.receive(sku, "1")
        other.last = shop.last
        self.assertEqual(other.on_hand(sku), {sku: "0"})

    def test_policy_deny_lets_the_last_unit_go(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        sku, terminal = shop.product(), shop.terminal()
        shop.receive(sku, "1")
        shop.sell(terminal, [Item(sku)])
        self.problem(shop.send(shop.ticket(terminal, [Item(sku)])), 409, "INSUFFICIENT_STOCK")
        self.assertEqual(shop.on_hand(sku), {sku: "0"})

    def test_policies_that_allow_go_below_zero(self) -> None:
        for stock in ("ALLOW_NEGATIVE", "ALLOW_WITH_ALERT"):
            with self.subTest(stock):
                shop = Shop.open(self.world, stock=stock)
                sku = shop.product()
                shop.sell(shop.terminal(), [Item(sku, "2")])
                self.assertEqual(shop.on_hand(sku), {sku: "-2"})

    def test_parameters_are_required(self) -> None:
        self.problem(self.api().read("/v1/inventory/availability", sku="a"), 400, pointer="/store_id")
        self.problem(self.api().read("/v1/inventory/availability", store_id="a"), 400, pointer="/sku")


class Positions(ContractTest):
    def path(self) -> str:
        shop = Shop.open(self.world)
        sale = shop.sell(shop.terminal(), [Item(shop.product())])
        self.position = shop.last.position
        return f"/v1/sales/{sale['sale_id']}"

    def test_read_after_write(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        for _ in range(50):
            sale = shop.sell(terminal, [Item(sku)])
            self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))

    def test_reads_name_their_position(self) -> None:
        self.assertTrue(self.api().read(self.path(), self.position).headers["till-position"])

    def test_default_wait_is_short(self) -> None:
        path = self.path()
        started = time.monotonic()
        answer = self.api().send("GET", path, headers={"Till-At-Least": self.ahead(self.position, 10**9)})
        took = time.monotonic() - started
        self.problem(answer, 503)
        self.assertIn("retry-after", answer.headers)
        self.assertGreater(took, 1.5)
        self.assertLess(took, 10)

    def test_prefer_bounds_the_wait(self) -> None:
        path = self.path()
        started = time.monotonic()
        answer = self.api().read(path, self.ahead(self.position, 10**9), wait_s=0)
        self.assertTrue(self.problem(answer, 503)["retryable"])
        self.assertIn("retry-after", answer.headers)
        self.assertLess(time.monotonic() - started, 1.5)

    def test_wait_ends_when_the_position_comes(self) -> None:
        path = self.path()
        reader = Api(self.world.up["url"], self.world.up["keys"]["manager"])
        # No other test runs meanwhile: the next transaction is the one made here.
        wanted = self.ahead(self.api().read(path, self.position).headers["till-position"], 1)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(reader.read(path, wanted, wait_s=30)))
        thread.start()
        time.sleep(0.3)
        Shop.open(self.world)
        thread.join()
        self.ok(answers[0])

    def test_position_that_is_none_is_refused(self) -> None:
        path = self.path()
        for position in ("bad", "-", "1", self.position + "x", "ffffffff" + self.position[8:], "\u00e9"):
            with self.subTest(position):
                answer = self.api().send("GET", path, headers={"Till-At-Least": position})
                self.problem(answer, 400)

    def test_every_read_takes_a_position(self) -> None:
        self.path()
        for path in (f"/v1/inventory/availability?store_id={self.world.up['store_id']}&sku=a",
                     f"/v1/dashboards/stores/{self.world.up['store_id']}", "/v1/dashboards/tenant",
                     "/v1/reports/sales?from=2000-01-01&to=2000-01-01&group_by=day"):
            with self.subTest(path):
                self.ok(self.api().read(path, self.position))
                self.problem(self.api().send("GET", path, headers={"Till-At-Least": "bad"}), 400)
