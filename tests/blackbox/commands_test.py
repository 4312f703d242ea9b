"""Every command's route: accepted, with position and ids; and setting up twice."""

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop
from support.world import world


class Accepted(ContractTest):
    shop: Shop

    @classmethod
    def setUpClass(cls) -> None:
        cls.shop = Shop.open(world())

    def test_upsert_store(self) -> None:
        store = self.world.unique("store")
        answer = self.api().command("PUT", f"/v1/stores/{store}", {"name": "Süd 2"})
        self.accepted(answer, store_id=store)

    def test_register_terminal(self) -> None:
        till = self.world.unique("till")
        answer = self.api().command("PUT", f"/v1/stores/{self.shop.store_id}/terminals/{till}", {"name": "Front"})
        self.accepted(answer, store_id=self.shop.store_id, terminal_id=till)

    def test_register_terminal_without_name(self) -> None:
        till = self.world.unique("till")
        answer = self.api().command("PUT", f"/v1/stores/{self.shop.store_id}/terminals/{till}", {})
        self.accepted(answer, terminal_id=till)

    def test_set_store_policy(self) -> None:
        for stock in ("DENY", "ALLOW_NEGATIVE", "ALLOW_WITH_ALERT"):
            with self.subTest(stock):
                shop = Shop.open(self.world)
                answer = self.api().command("PUT", f"/v1/stores/{shop.store_id}/policy", {
                    "stock": stock, "time_zone": "Europe/Berlin", "business_day_cutoff_hour": 4})
                self.accepted(answer, store_id=shop.store_id)

    def test_upsert_product(self) -> None:
        sku = self.world.unique("sku")
        answer = self.api().command("PUT", f"/v1/catalog/products/{sku}", {
            "name": "Tea", "category": "food", "unit_price": {"amount_e4": 15001, "currency": "USD"}, "tax_code": "A",
            "unit_cost": money(99)})
        self.accepted(answer, sku=sku)

    def test_register_customer(self) -> None:
        customer = self.world.unique("customer")
        answer = self.api("terminal").command("POST", "/v1/customers", {
            "customer_id": customer, "name": "Ada", "email": "ada@example.com", "phone": "+44 20 7946 0000"})
        self.accepted(answer, customer_id=customer)

    def test_register_customer_without_personal_data(self) -> None:
        customer = self.world.unique("customer")
        self.accepted(self.api().command("POST", "/v1/customers", {"customer_id": customer}), customer_id=customer)

    def test_receive_stock(self) -> None:
        receipt = self.world.unique("receipt")
        lines = [{"sku": self.shop.product(), "quantity": "1.5", "unit_cost": money(100)},
                 {"sku": self.shop.product(), "quantity": "2"}]
        answer = self.api().command("POST", "/v1/inventory/receipts", {
            "receipt_id": receipt, "store_id": self.shop.store_id, "lines": lines})
        self.accepted(answer, receipt_id=receipt, store_id=self.shop.store_id)

    def test_adjust_stock(self) -> None:
        sku, adjustment = self.shop.product(), self.world.unique("adjustment")
        answer = self.api().command("POST", "/v1/inventory/adjustments", {
            "adjustment_id": adjustment, "store_id": self.shop.store_id, "sku": sku, "delta": "-0.5",
            "reason": "DAMAGE"})
        self.accepted(answer, adjustment_id=adjustment, store_id=self.shop.store_id, sku=sku)

    def test_ring_up_sale(self) -> None:
        sale = self.shop.ticket(self.shop.terminal(), [Item(self.shop.product(), "2", 1999, 98)], tax=390)
        body = self.accepted(self.shop.send(sale), sale_id=sale["sale_id"])
        self.assertEqual(body["business_date"], str(self.shop.day))
        self.assertEqual((body["net"], body["tax"], body["total"]), (money(3900), money(390), money(4290)))

    def test_ring_up_sale_on_the_demo_terminal(self) -> None:
        up = self.world.up
        sale = self.shop.ticket(self.shop.terminal(), [Item(self.shop.product())], time="12:00:00Z") | {
            "store_id": up["store_id"], "terminal_id": up["terminal_id"], "terminal_seq": 10**9}
        gap = self.problem(self.shop.send(sale, api=self.api("terminal")), 409, "TERMINAL_SEQUENCE_GAP")
        now = {"terminal_seq": gap["expected"], "occurred_at": "2026-01-01T12:00:00Z"}
        answer = self.shop.send(sale | now, api=self.api("terminal"))
        self.accepted(answer, sale_id=sale["sale_id"])

    def test_every_type_of_tender(self) -> None:
        terminal, sku = self.shop.terminal(), self.shop.product()
        for kind in ("CASH", "CARD", "GIFT_CARD"):
            with self.subTest(kind):
                tenders = [{"type": kind, "amount": money(1000), "reference": "r 1"}]
                sale = self.shop.sell(terminal, [Item(sku)], tenders=tenders)
                self.assertEqual(self.shop.last.json["sale_id"], sale["sale_id"])

    def test_split_tender_with_change(self) -> None:
        tenders = [{"type": "CARD", "amount": money(400)}, {"type": "CASH", "amount": money(1000)}]
        sale = self.shop.ticket(self.shop.terminal(), [Item(self.shop.product())], tenders=tenders, change=400)
        self.accepted(self.shop.send(sale), sale_id=sale["sale_id"])

    def test_void_sale(self) -> None:
        sale = self.shop.sell(self.shop.terminal(), [Item(self.shop.product())])
        self.accepted(self.shop.void(sale["sale_id"]), sale_id=sale["sale_id"])

    def test_same_id_in_path_and_body_is_accepted(self) -> None:
        store = self.world.unique("store")
        answer = self.api().command("PUT", f"/v1/stores/{store}", {"name": "Twice", "store_id": store})
        self.accepted(answer, store_id=store)

    def test_other_id_in_path_than_in_body_is_refused(self) -> None:
        answer = self.api().command("PUT", f"/v1/stores/{self.world.unique('store')}", {"name": "A", "store_id": "b"})
        self.problem(answer, 400, pointer="/store_id")

    def test_ids_take_every_permitted_character(self) -> None:
        for store in (f"A.b_c-9{self.world.seed}", (self.world.unique("x") + "-" * 64)[:64]):
            with self.subTest(store):
                self.accepted(self.api().command("PUT", f"/v1/stores/{store}", {"name": "A"}), store_id=store)

    def test_positions_of_commands_grow(self) -> None:
        path = f"/v1/stores/{self.shop.store_id}"
        positions = [self.api().command("PUT", path, {"name": name}).position for name in ("A", "B", "C")]
        numbers = [int(position.rpartition("-")[2]) for position in positions]
        self.assertEqual(numbers, sorted(set(numbers)))


class SetUpTwice(ContractTest):
    def twice(self, path: str, body: dict) -> None:
        for _ in range(2):
            self.accepted(self.api().command("PUT", path, body))

    def test_store(self) -> None:
        self.twice(f"/v1/stores/{self.world.unique('store')}", {"name": "Again"})

    def test_terminal(self) -> None:
        shop = Shop.open(self.world)
        self.twice(f"/v1/stores/{shop.store_id}/terminals/{self.world.unique('till')}", {"name": "Again"})

    def test_policy(self) -> None:
        shop = Shop.open(self.world)
        self.twice(f"/v1/stores/{shop.store_id}/policy",
                   {"stock": "DENY", "time_zone": "UTC", "business_day_cutoff_hour": 0})

    def test_product(self) -> None:
        self.twice(f"/v1/catalog/products/{self.world.unique('sku')}",
                   {"name": "Again", "category": "c", "unit_price": money(1), "tax_code": "A"})


class SameIdAgain(ContractTest):
    """The client-made id prevents a double, also under another Idempotency-Key."""

    def check(self, path: str, body: dict, other: dict) -> None:
        first = self.api().command("POST", path, body)
        self.accepted(first)
        again = self.api().command("POST", path, body)
        self.accepted(again)
        self.assertEqual(again.json, first.json)
        self.problem(self.api().command("POST", path, body | other), 409)

    def test_receipt(self) -> None:
        shop = Shop.open(self.world)
        body = {"receipt_id": self.world.unique("receipt"), "store_id": shop.store_id,
                "lines": [{"sku": shop.product(), "quantity": "1"}]}
        self.check("/v1/inventory/receipts", body, {"lines": [dict(body["lines"][0], quantity="2")]})

    def test_adjustment(self) -> None:
        shop = Shop.open(self.world)
        body = {"adjustment_id": self.world.unique("adjustment"), "store_id": shop.store_id, "sku": shop.product(),
                "delta": "1", "reason": "FOUND"}
        self.check("/v1/inventory/adjustments", body, {"delta": "2"})

    def test_customer(self) -> None:
        self.check("/v1/customers", {"customer_id": self.world.unique("customer"), "name": "Ada"}, {"name": "Eve"})

    def test_sale(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product()
        sale = shop.ticket(shop.terminal(), [Item(sku)])
        first = shop.send(sale)
        self.accepted(first)
        again = shop.send(sale)
        self.assertEqual((again.status, again.json), (201, first.json))
        self.problem(shop.send(sale | {"employee_id": "somebody-else"}), 409)
        self.assertEqual(shop.on_hand(sku, at_least=first.position), {sku: "-1"})
