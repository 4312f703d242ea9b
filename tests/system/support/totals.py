"""What correct reports and dashboards say, summed up by small code of its own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, field
from typing import Any

from support.check import check, equal, equal_maps
from support.http_client import Api
from support.shop import e5_of

TOP_PRODUCTS = 10


@dataclass
class Sum:
    sales: int = 0
    units_e5: int = 0
    gross: int = 0
    discount: int = 0
    net: int = 0
    tax: int = 0
    total: int = 0

    def add(self, other: Sum, sign: int = 1) -> None:
        self.sales += sign * other.sales
        self.units_e5 += sign * other.units_e5
        self.gross += sign * other.gross
        self.discount += sign * other.discount
        self.net += sign * other.net
        self.tax += sign * other.tax
        self.total += sign * other.total

    def __bool__(self) -> bool:
        return any(astuple(self))


@dataclass(frozen=True)
class SoldLine:
    sku: str
    category: str
    units_e5: int
    gross: int
    discount: int


@dataclass(frozen=True)
class Sold:
    """One sale, amounts in minor units."""

    store: str
    day: str  # as 1997-01-31
    hour: int
    lines: list[SoldLine]
    tax: int
    tenders: dict[str, int]  # by type, less change
    cards: int = 0  # gift cards sold: paid with the goods, but no part of their net
    sales: int = 1  # what it counts as: goods that come back are taken off, but no sale is

    @property
    def sum(self) -> Sum:
        gross = sum(line.gross for line in self.lines)
        discount = sum(line.discount for line in self.lines)
        net = gross - discount
        return Sum(self.sales, sum(line.units_e5 for line in self.lines), gross, discount, net, self.tax,
                   net + self.tax + self.cards)


@dataclass
class Board:
    """One dashboard."""

    all: Sum = field(default_factory=Sum)
    hours: dict[int, Sum] = field(default_factory=lambda: defaultdict(Sum))
    products: dict[str, Sum] = field(default_factory=lambda: defaultdict(Sum))
    tenders: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, sold: Sold, sign: int) -> None:
        self.all.add(sold.sum, sign)
        self.hours[sold.hour].add(sold.sum, sign)
        for line in sold.lines:
            self.products[line.sku].add(Sum(0, line.units_e5, line.gross, line.discount, line.gross - line.discount),
                                        sign)
        for kind, amount in sold.tenders.items():
            self.tenders[kind] += sign * amount


class Totals:
    """Voided sales are taken out again, as in every report."""

    def __init__(self) -> None:
        self.all = Sum()
        self.by: dict[str, dict[str, Sum]] = {
            group: defaultdict(Sum) for group in ("store", "day", "hour", "product", "category")}
        self.tenders: dict[str, int] = defaultdict(int)
        self.boards: dict[tuple[str, str], Board] = defaultdict(Board)  # by store ("" for all) and day

    def add(self, sold: Sold, sign: int = 1) -> None:
        whole = sold.sum
        self.all.add(whole, sign)
        self.by["store"][sold.store].add(whole, sign)
        self.by["day"][sold.day].add(whole, sign)
        self.by["hour"][str(sold.hour)].add(whole, sign)
        for group, key_of in (("product", lambda line: line.sku), ("category", lambda line: line.category)):
            for key in {key_of(line) for line in sold.lines}:
                self.by[group][key].sales += sign * sold.sales
            for line in sold.lines:
                net = line.gross - line.discount
                self.by[group][key_of(line)].add(Sum(0, line.units_e5, line.gross, line.discount, net), sign)
        for kind, amount in sold.tenders.items():
            self.tenders[kind] += sign * amount
        for store in (sold.store, ""):
            self.boards[store, sold.day].add(sold, sign)

    def days(self) -> list[str]:
        return sorted(self.by["day"])


def sum_of_row(row: dict[str, Any]) -> Sum:
    amounts = (row[name]["amount"] for name in ("gross", "discount", "net", "tax", "total"))
    return Sum(row["sales"], e5_of(row["units"]), *amounts)


def check_reports(api: Api, totals: Totals, at_least: str) -> None:
    """`/v1/reports/sales` over all days and in every grouping. Taxes of products and categories are shares: only their
    sum is compared."""
    days = totals.days()
    for group in (*totals.by, "tender"):
        answer = api.get("/v1/reports/sales", at_least, **{"from": days[0], "to": days[-1], "group_by": group})
        equal(answer.status, 200, f"report by {group} ({answer})")
        report = answer.json
        equal(sum_of_row(report["total"]), totals.all, f"total of the report by {group}")
        rows = {row["key"]: sum_of_row(row) for row in report["rows"]}
        equal(len(rows), len(report["rows"]), f"keys of the report by {group} occur once")
        if group == "tender":
            expected_amounts = {kind: amount for kind, amount in totals.tenders.items() if amount}
            equal_maps({kind: row.total for kind, row in rows.items() if row.total}, expected_amounts,
                       "report by tender")
            continue
        if group in ("product", "category"):
            equal(sum(row.tax for row in rows.values()), totals.all.tax, f"taxes of the report by {group}")
            for row in rows.values():
                row.tax, row.total = 0, 0
        equal_maps(rows, {key: row for key, row in totals.by[group].items() if row}, f"report by {group}")


def check_dashboards(api: Api, totals: Totals, at_least: str) -> None:
    """Every store and day that sold something, and the whole tenant."""
    for (store, day), board in totals.boards.items():
        path = f"/v1/dashboards/stores/{store}" if store else "/v1/dashboards/tenant"
        answer = api.get(path, at_least, business_date=day)
        equal(answer.status, 200, f"dashboard of {store or 'all'} on {day} ({answer})")
        check_dashboard(answer.json, board, f"dashboard of {store or 'all'} on {day}")


def check_dashboard(got: dict[str, Any], board: Board, what: str) -> None:
    equal((got["sales"], e5_of(got["units"]), got["net"]["amount"]),
          (board.all.sales, board.all.units_e5, board.all.net), what)
    equal({one["type"]: one["amount"]["amount"] for one in got["tenders"] if one["amount"]["amount"]},
          {kind: amount for kind, amount in board.tenders.items() if amount}, f"{what}, tenders")
    equal({one["hour"]: (one["sales"], one["net"]["amount"]) for one in got["hours"] if one["sales"]},
          {hour: (one.sales, one.net) for hour, one in board.hours.items() if one.sales}, f"{what}, hours")
    sold = {sku: (one.units_e5, one.net) for sku, one in board.products.items() if one.units_e5}
    top = [(one["sku"], (e5_of(one["units"]), one["net"]["amount"])) for one in got["top_products"]]
    for sku, figures in top:
        equal(figures, sold.get(sku), f"{what}, product {sku}")
    best = sorted((net for _, net in sold.values()), reverse=True)[:TOP_PRODUCTS]
    equal([figures[1] for _, figures in top], best, f"{what}, nets of the top products")
    check(len({sku for sku, _ in top}) == len(top), f"{what}: a top product stands twice")
