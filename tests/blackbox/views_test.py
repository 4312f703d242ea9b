"""Dashboards and reports: what sales and voids do to them, and that their sums agree. On days of their own."""

import datetime
from typing import Any

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop
from support.world import world

GROUPS = ("store", "day", "hour", "product", "category", "tender")
SUMS = ("gross", "discount", "net", "tax", "total")


class Trade(ContractTest):
    """Two stores and three days; the day after the last has a sale that no report may count."""

    @classmethod
    def setUpClass(cls) -> None:
        shared = world()
        cls.a, cls.b = Shop.open(shared), Shop.open(shared)
        cls.day = cls.a.day
        cls.tea = cls.a.product(1000, "food")
        cls.saw = cls.a.product(2500, "tools")
        till_a, till_b = cls.a.terminal(), cls.b.terminal()
        cls.at(0, cls.a, till_a, [Item(cls.tea, "2", 1000, 100)], tax=190, time="09:30:00Z")
        cls.at(0, cls.a, till_a, [Item(cls.tea, "1.5", 1000), Item(cls.saw, "1", 2500)], time="09:59:59Z",
               tenders=[{"type": "CARD", "amount": money(3000)}, {"type": "CASH", "amount": money(1500)}], change=500)
        voided = cls.at(0, cls.a, till_a, [Item(cls.saw, "1", 2500)], time="15:00:00Z")
        cls.a.last = cls.a.void(voided["sale_id"])
        cls.at(0, cls.b, till_b, [Item(cls.saw, "2", 2500)], tax=500, time="10:00:00Z",
               tenders=[{"type": "GIFT_CARD", "amount": money(5500)}])
        cls.at(1, cls.a, till_a, [Item(cls.tea, "1", 1000)], time="11:00:00Z")
        cls.at(2, cls.a, till_a, [Item(cls.tea, "3", 1000)], time="12:00:00Z")
        cls.at(3, cls.a, till_a, [Item(cls.tea, "50", 1000)], time="12:00:00Z")
        cls.position = cls.a.last.position

    @classmethod
    def at(cls, days: int, shop: Shop, *ticket: Any, **more: Any) -> dict[str, Any]:
        return shop.sell(*ticket, day=cls.date(days), **more)

    @classmethod
    def date(cls, days: int) -> datetime.date:
        return cls.day + datetime.timedelta(days=days)

    def dashboard(self, path: str, days: int = 0) -> dict[str, Any]:
        return self.ok(self.api("reporting").read(path, self.position, business_date=str(self.date(days))))

    def report(self, group_by: str, first: int = 0, last: int = 2) -> dict[str, Any]:
        answer = self.api("reporting").read("/v1/reports/sales", self.position, **{
            "from": str(self.date(first)), "to": str(self.date(last)), "group_by": group_by})
        return self.ok(answer)

    def rows(self, group_by: str, first: int = 0, last: int = 2) -> dict[str, tuple[int, str, int]]:
        rows = self.report(group_by, first, last)["rows"]
        return {row["key"]: (row["sales"], row["units"], row["net"]["amount"]) for row in rows}


class Dashboards(Trade):
    def test_store(self) -> None:
        view = self.dashboard(f"/v1/dashboards/stores/{self.a.store_id}")
        self.assertLessEqual({"business_date", "sales", "units", "net", "tenders", "hours", "top_products"}, set(view))
        self.assertEqual((view["business_date"], view["sales"], view["units"], view["net"]),
                         (str(self.day), 2, "4.5", money(5900)))

    def test_tenders_are_less_change(self) -> None:
        view = self.dashboard(f"/v1/dashboards/stores/{self.a.store_id}")
        self.assertEqual({t["type"]: t["amount"] for t in view["tenders"]},
                         {"CASH": money(2090 + 1000), "CARD": money(3000)})

    def test_hours(self) -> None:
        view = self.dashboard("/v1/dashboards/tenant")
        self.assertEqual([(h["hour"], h["sales"], h["net"]) for h in view["hours"]],
                         [(9, 2, money(5900)), (10, 1, money(5000))])

    def test_top_products_begin_with_the_highest_net(self) -> None:
        view = self.dashboard("/v1/dashboards/tenant")
        self.assertEqual([(p["sku"], p["units"], p["net"]) for p in view["top_products"]],
                         [(self.saw, "3", money(7500)), (self.tea, "3.5", money(3400))])

    def test_tenant_is_the_sum_of_its_stores(self) -> None:
        stores = [self.dashboard(f"/v1/dashboards/stores/{shop.store_id}") for shop in (self.a, self.b)]
        tenant = self.dashboard("/v1/dashboards/tenant")
        self.assertEqual(tenant["sales"], sum(s["sales"] for s in stores))
        self.assertEqual(tenant["net"]["amount"], sum(s["net"]["amount"] for s in stores))

    def test_voided_sale_counts_nowhere(self) -> None:
        view = self.dashboard(f"/v1/dashboards/stores/{self.a.store_id}")
        self.assertNotIn(15, [h["hour"] for h in view["hours"] if h["sales"]])

    def test_other_day(self) -> None:
        self.assertEqual(self.dashboard("/v1/dashboards/tenant", 1)["net"], money(1000))

    def test_without_a_date_is_a_dashboard_too(self) -> None:
        self.assertIn("business_date", self.ok(self.api().read("/v1/dashboards/tenant")))

    def test_date_that_is_none(self) -> None:
        for date in ("2026-02-30", "today", "20260101", ""):
            with self.subTest(date):
                answer = self.api().send("GET", f"/v1/dashboards/tenant?business_date={date}")
                self.problem(answer, 400, pointer="/business_date")


class Reports(Trade):
    def test_has_every_field(self) -> None:
        for group_by in GROUPS:
            with self.subTest(group_by):
                report = self.report(group_by)
                self.assertLessEqual({"from", "to", "group_by", "position", "rows", "total"}, set(report))
                self.assertEqual((report["from"], report["to"], report["group_by"]),
                                 (str(self.date(0)), str(self.date(2)), group_by))
                for row in report["rows"]:
                    self.assertLessEqual({"key", "sales", "units", *SUMS}, set(row))

    def test_by_store(self) -> None:
        self.assertEqual(self.rows("store"), {self.a.store_id: (4, "8.5", 9900), self.b.store_id: (1, "2", 5000)})

    def test_by_day(self) -> None:
        self.assertEqual(self.rows("day"), {str(self.date(0)): (3, "6.5", 10900), str(self.date(1)): (1, "1", 1000),
                                            str(self.date(2)): (1, "3", 3000)})

    def test_by_hour(self) -> None:
        rows = {int(key): row for key, row in self.rows("hour").items()}
        self.assertEqual(rows, {9: (2, "4.5", 5900), 10: (1, "2", 5000), 11: (1, "1", 1000), 12: (1, "3", 3000)})

    def test_by_product(self) -> None:
        self.assertEqual(self.rows("product"), {self.tea: (4, "7.5", 7400), self.saw: (2, "3", 7500)})

    def test_by_category(self) -> None:
        self.assertEqual(self.rows("category"), {"food": (4, "7.5", 7400), "tools": (2, "3", 7500)})

    def test_by_tender(self) -> None:
        self.assertEqual(set(self.rows("tender")), {"CASH", "CARD", "GIFT_CARD"})

    def test_total(self) -> None:
        total = self.report("day")["total"]
        self.assertEqual((total["sales"], total["units"]), (5, "10.5"))
        self.assertEqual({name: total[name] for name in SUMS}, {
            "gross": money(15000), "discount": money(100), "net": money(14900), "tax": money(690),
            "total": money(15590)})

    def test_total_is_the_same_for_every_grouping(self) -> None:
        totals = [{name: self.report(group)["total"][name] for name in ("sales", "units", *SUMS)} for group in GROUPS]
        for group, total in zip(GROUPS, totals):
            with self.subTest(group):
                self.assertEqual(total, totals[0])

    def test_rows_add_up_to_the_total(self) -> None:
        for group_by in GROUPS:
            report = self.report(group_by)
            for name in SUMS:
                with self.subTest(f"{group_by} {name}"):
                    self.assertEqual(sum(r[name]["amount"] for r in report["rows"]), report["total"][name]["amount"])

    def test_net_and_tax_make_the_total(self) -> None:
        for group_by in GROUPS:
            for row in self.report(group_by)["rows"]:
                with self.subTest(f"{group_by} {row['key']}"):
                    self.assertEqual(row["gross"]["amount"] - row["discount"]["amount"], row["net"]["amount"])
                    self.assertEqual(row["net"]["amount"] + row["tax"]["amount"], row["total"]["amount"])

    def test_both_dates_are_inclusive(self) -> None:
        self.assertEqual(self.rows("day", 1, 1), {str(self.date(1)): (1, "1", 1000)})
        self.assertEqual(set(self.rows("day", 1, 2)), {str(self.date(1)), str(self.date(2))})

    def test_agrees_with_the_dashboard(self) -> None:
        board = self.dashboard("/v1/dashboards/tenant")
        total = self.report("hour", 0, 0)["total"]
        self.assertEqual((board["sales"], board["units"], board["net"]), (total["sales"], total["units"], total["net"]))

    def test_position_is_not_older_than_asked(self) -> None:
        position = self.report("day")["position"]
        self.assertEqual(position.rpartition("-")[0], self.position.rpartition("-")[0])
        self.assertGreaterEqual(int(position.rpartition("-")[2]), int(self.position.rpartition("-")[2]))

    def test_days_without_sales(self) -> None:
        report = self.report("day", 4, 4)
        self.assertEqual((report["rows"], report["total"]["sales"]), ([], 0))

    def test_parameters_that_are_none(self) -> None:
        good = {"from": "2020-01-01", "to": "2020-01-02", "group_by": "day"}
        for name, value in (("from", "2020-02-30"), ("to", "x"), ("group_by", "moon"), ("group_by", "DAY"),
                            ("from", ""), ("to", "2019-12-31")):
            with self.subTest(f"{name}={value}"):
                self.problem(self.api().read("/v1/reports/sales", **(good | {name: value})), 400, pointer=f"/{name}")

    def test_parameters_are_required(self) -> None:
        good = {"from": "2020-01-01", "to": "2020-01-02", "group_by": "day"}
        for name in good:
            with self.subTest(name):
                rest = {k: v for k, v in good.items() if k != name}
                self.problem(self.api().read("/v1/reports/sales", **rest), 400, pointer=f"/{name}")


class VoidTakesBack(ContractTest):
    def test_dashboard_and_report_are_as_before(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        shop.sell(terminal, [Item(sku)], tax=70)

        def state(position: str) -> list[Any]:
            path = f"/v1/dashboards/stores/{shop.store_id}"
            board = self.ok(self.api().read(path, position, business_date=str(shop.day)))
            reports = [self.ok(self.api().read("/v1/reports/sales", position, **{
                "from": str(shop.day), "to": str(shop.day), "group_by": group})) for group in GROUPS]
            return [board, *[{k: v for k, v in report.items() if k != "position"} for report in reports]]

        before = state(shop.last.position)
        sale = shop.sell(terminal, [Item(sku, "3", 1000, 5)], tax=100, time="13:00:00Z",
                         tenders=[{"type": "CARD", "amount": money(3095)}])
        during = state(shop.last.position)
        after = state(shop.void(sale["sale_id"]).position)
        self.assertNotEqual(during, before)
        self.assertEqual(after, before)
