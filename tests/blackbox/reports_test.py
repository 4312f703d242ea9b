"""The reports by table over HTTP: what a shop's own day adds to them, as JSON and as CSV."""

import csv
import io
from typing import Any

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop
from support.world import world

REPORTS = ("tax", "top-products", "shrinkage", "sell-through", "gift-cards", "customers", "shifts", "loss-prevention")


class Reports(ContractTest):
    shop: Shop

    @classmethod
    def setUpClass(cls) -> None:
        cls.shop = Shop.open(world())
        terminal = cls.shop.terminal()
        cls.sku = cls.shop.product()
        cls.shop.last = cls.shop.receive(cls.sku, "10")
        cls.shift = world().unique("shift")
        cls.act("/v1/shifts", {"shift_id": cls.shift, "store_id": cls.shop.store_id,
                               "terminal_id": terminal.terminal_id, "opening_float": money(1_000)})
        cls.shop.sell(terminal, [Item(cls.sku, "2", 1_000)], tax=140, shift_id=cls.shift)

    @classmethod
    def act(cls, path: str, body: dict[str, Any]) -> None:
        answer = cls.shop.api.command("POST", path, body)
        if answer.status != 201:
            raise AssertionError(str(answer))
        cls.shop.last = answer

    def report(self, name: str, **parameters: Any) -> dict[str, Any]:
        return self.ok(self.api("reporting").read(f"/v1/reports/{name}", self.shop.last.position, **parameters))

    def days(self, **more: Any) -> dict[str, Any]:
        return {"from": str(self.shop.day), "to": str(self.shop.day)} | more

    def test_tax_of_the_store(self) -> None:
        report = self.report("tax", **self.days(store_id=self.shop.store_id))
        self.assertEqual(report["rows"], [{"tax_code": "A", "taxable": money(2_000), "tax": money(140)}])
        self.assertEqual(report["totals"], [{"tax_code": "", "taxable": money(2_000), "tax": money(140)}])

    def test_stock_of_the_store(self) -> None:
        rows = self.report("stock", store_id=self.shop.store_id)["rows"]
        self.assertEqual([(row["sku"], row["on_hand"], row["in_transit_in"]) for row in rows], [(self.sku, "8", "0")])

    def test_every_report_answers(self) -> None:
        for name in REPORTS:
            with self.subTest(name):
                report = self.report(name, **self.days())
                self.assertTrue(report["position"])
                self.assertIsInstance(report["rows"], list)

    def test_csv_has_the_same_rows(self) -> None:
        for how in ({"format": "csv"}, {}):
            with self.subTest(str(how)):
                path = "/v1/reports/tax"
                parameters = self.days(store_id=self.shop.store_id) | how
                self.report("tax", **self.days())  # waits for the position
                query = "&".join(f"{name}={value}" for name, value in parameters.items())
                answer = self.api("reporting").send("GET", f"{path}?{query}", headers={"Accept": "text/csv"})
                self.assertEqual(answer.status, 200, str(answer))
                self.assertTrue(answer.headers["content-type"].startswith("text/csv"))
                rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
                self.assertEqual(rows, [{"tax_code": "A", "taxable": "2000", "tax": "140", "currency": "USD"}])

    def test_parameters_are_checked(self) -> None:
        for name, value, pointer in (("limit", "0", "/limit"), ("limit", "1001", "/limit"), ("cursor", "xyz", "/cursor"),
                                     ("format", "pdf", "/format"), ("colour", "red", "/colour")):
            with self.subTest(name):
                self.problem(self.api().read("/v1/reports/stock", **{name: value}), 400, pointer=pointer)
        self.problem(self.api().read("/v1/reports/tax", **{"from": str(self.shop.day)}), 400, pointer="/to")

    def test_a_terminal_reads_no_reports(self) -> None:
        self.problem(self.api("terminal").read("/v1/reports/stock"), 403)

    def test_x_then_z(self) -> None:
        x = self.report(f"shifts/{self.shift}/x")
        self.assertEqual((x["sales"], x["expected"], x["status"]), (1, money(3_140), "OPEN"))
        z_path = f"/v1/reports/shifts/{self.shift}/z"
        self.problem(self.api().read(z_path, self.shop.last.position), 404, "NOT_FOUND")
        self.act(f"/v1/shifts/{self.shift}/end", {})
        self.act(f"/v1/shifts/{self.shift}/counts", {"count_id": self.world.unique("count"),
                                                     "counted": [{"type": "CASH", "amount": money(3_140)}]})
        self.act(f"/v1/shifts/{self.shift}/close", {})
        z = self.report(f"shifts/{self.shift}/z")
        self.assertEqual((z["z_no"], z["over_short"], z["grand_total"]), (1, money(0), money(2_140)))
        self.assertEqual(z["tenders"], [{"type": "CASH", "payments": 1, "amount": money(2_140), "expected": money(3_140),
                                         "counted": money(3_140), "over_short": money(0)}])
        self.problem(self.api().read(f"/v1/reports/shifts/{self.shift}/x"), 404, "NOT_FOUND")
        verified = self.cli().run("views", "verify")
        self.assertEqual(verified.status, 0, str(verified))
