"""FoodMart's year, read from the CSV files by code of its own: what every view must say after the import."""

from __future__ import annotations

import csv
import pathlib
from collections.abc import Iterator
from decimal import Decimal

from support.check import Skipped, equal
from support.shop import E5

LINES, BASKETS, STORES, PRODUCTS, DAYS = 86_837, 20_530, 13, 1_559, 323
NET_CENTS, UNITS = 56_523_813, 266_773
TAX_PER_MILLE = {"Food": 20}  # by the product's family
TAX_PER_MILLE_ELSE = 80


class Figures:
    """Sums in cents and units x 1e-5."""

    def __init__(self) -> None:
        self.sales: set[str] = set()
        self.units_e5 = 0
        self.net = 0

    def add(self, basket: str, units_e5: int, cents: int) -> None:
        self.sales.add(basket)
        self.units_e5 += units_e5
        self.net += cents

    @property
    def row(self) -> tuple[int, int, int]:
        return len(self.sales), self.units_e5, self.net


class FoodMart:
    def __init__(self) -> None:
        self.all = Figures()
        self.stores: dict[str, Figures] = {}
        self.days: dict[str, Figures] = {}
        self.products: dict[str, Figures] = {}
        self.boards: dict[tuple[str, str], Figures] = {}  # by store ("" for all) and day
        self.taxable: dict[tuple[str, int], int] = {}  # by basket and rate

    @property
    def tax(self) -> int:
        """Each tax of each basket is rounded half up."""
        return sum((amount * rate * 2 + 1000) // 2000 for (_, rate), amount in self.taxable.items())

    def add(self, store: str, day: str, sku: str, basket: str, units_e5: int, cents: int) -> None:
        self.all.add(basket, units_e5, cents)
        for table, key in ((self.stores, store), (self.days, day), (self.products, sku)):
            table.setdefault(key, Figures()).add(basket, units_e5, cents)
        for board in ((store, day), ("", day)):
            self.boards.setdefault(board, Figures()).add(basket, units_e5, cents)

    def add_taxable(self, basket: str, rate: int, cents: int) -> None:
        self.taxable[basket, rate] = self.taxable.get((basket, rate), 0) + cents


def rows(folder: pathlib.Path, name: str) -> Iterator[dict[str, str]]:
    with open(folder / name, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def exact(text: str, factor: int) -> int:
    value = Decimal(text) * factor
    equal(value, value.to_integral_value(), f"{text} x {factor} is whole")
    return int(value)


def find_data(root: pathlib.Path) -> pathlib.Path:
    folder = root.parent / "shared" / "data" / "foodmart"
    if not (folder / "sales_fact_1997.csv").exists():
        raise Skipped(f"data not found at {folder}")
    return folder


def read_foodmart(folder: pathlib.Path) -> FoodMart:
    families = {row["product_class_id"]: row["product_family"] for row in rows(folder, "product_class.csv")}
    products = {row["product_id"]: row for row in rows(folder, "product.csv")}
    rates = {key: TAX_PER_MILLE.get(families[row["product_class_id"]], TAX_PER_MILLE_ELSE)
             for key, row in products.items()}
    days = {row["time_id"]: row["the_date"][:10] for row in rows(folder, "time_by_day.csv")}
    data, lines = FoodMart(), 0
    for row in rows(folder, "sales_fact_1997.csv"):
        basket = f"{row['store_id']}/{row['customer_id']}/{row['time_id']}"
        cents = exact(row["store_sales"], 100)
        data.add(f"foodmart-{row['store_id']}", days[row["time_id"]], products[row["product_id"]]["SKU"], basket,
                 exact(row["unit_sales"], E5), cents)
        data.add_taxable(basket, rates[row["product_id"]], cents)
        lines += 1
    equal((lines, data.all.row), (LINES, (BASKETS, UNITS * E5, NET_CENTS)), "figures of the files")
    equal((len(data.stores), len(data.products), len(data.days)), (STORES, PRODUCTS, DAYS), "figures of the files")
    return data
