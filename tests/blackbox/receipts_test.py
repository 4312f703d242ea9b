"""Receipts: forms, copies, mails."""

from support.case import ContractTest
from support.client import Answer, money
from support.shop import Item, Shop

COLUMNS = 42


class Receipt(ContractTest):
    def setUp(self) -> None:
        self.shop = Shop.open(self.world)
        self.sku = self.shop.product()
        self.sale = self.shop.sell(self.shop.terminal(), [Item(self.sku, "2", 1999, 98)], tax=390, change=710)
        self.path = f"/v1/sales/{self.sale['sale_id']}"

    def receipt(self, accept: str, position: str | None = None) -> Answer:
        return self.api("terminal").send("GET", f"{self.path}/receipt", headers={
            "Accept": accept, "Till-At-Least": position or self.shop.last.position, "Prefer": "wait=30"})

    def test_data(self) -> None:
        data = self.ok(self.receipt("application/json"))
        self.assertEqual((data["kind"], data["state"], data["copies"]), ("SALE", "COMPLETED", 0))
        self.assertEqual((data["net"], data["tax"], data["total"]), (money(3900), money(390), money(4290)))
        self.assertEqual(data["store_name"], "Black box")
        self.assertEqual(data["lines"][0]["name"], f"Product {self.sku}")
        self.assertEqual(data["change"], money(710))

    def test_text_fits_the_paper(self) -> None:
        answer = self.receipt("text/plain")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
        lines = answer.body.decode().splitlines()
        self.assertLessEqual(max(map(len, lines)), COLUMNS)
        self.assertIn("TOTAL USD" + "42.90".rjust(COLUMNS - len("TOTAL USD")), lines)
        self.assertIn("Change" + "7.10".rjust(COLUMNS - len("Change")), lines)

    def test_page_needs_nothing_else(self) -> None:
        answer = self.receipt("text/html,application/xhtml+xml,*/*;q=0.8")
        self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
        for foreign in (b"<script", b"src=", b"http://", b"https://"):
            self.assertNotIn(foreign, answer.body)

    def test_copies_are_counted(self) -> None:
        copy = self.world.unique("copy")
        for copies, body in ((1, {}), (2, {"copy_id": copy}), (2, {"copy_id": copy})):
            answer = self.api("terminal").command("POST", f"{self.path}/copies", body)
            self.assertEqual(self.accepted(answer)["copies"], copies)
        self.assertIn(b"*** DUPLICATE 2 ***", self.receipt("text/plain", answer.position).body)

    def test_a_voided_sale_says_so(self) -> None:
        voided = self.shop.void(self.sale["sale_id"])
        self.assertIn(b"*** VOIDED ***", self.receipt("text/plain", voided.position).body)

    def test_a_mail_needs_the_customer_of_the_sale(self) -> None:
        body = {"customer_id": self.world.unique("customer"), "email": "ann@example.com"}
        self.accepted(self.api().command("POST", "/v1/customers", {"customer_id": body["customer_id"]}))
        self.problem(self.api().command("POST", f"{self.path}/mails", body), 422, "RECEIPT_WITHOUT_CUSTOMER")
        sale = self.shop.sell(self.shop.terminal(), [Item(self.sku)], customer_id=body["customer_id"])
        self.accepted(self.api().command("POST", f"/v1/sales/{sale['sale_id']}/mails", body))

    def test_unknown_sale(self) -> None:
        self.problem(self.api().read(f"/v1/sales/{self.world.unique('sale')}/receipt"), 404, "SALE_NOT_FOUND")
