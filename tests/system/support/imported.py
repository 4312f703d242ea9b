"""The lines of `till import --to FILE`, added up by code of its own: what every view must say after them."""

from __future__ import annotations

import json
import pathlib
from collections import Counter, defaultdict
from typing import Any

from support.shop import Body, e5_of, line_gross
from support.totals import Sold, SoldLine, Totals


def price_e4(price: Body) -> int:
    return int(price["amount_e4"]) if "amount_e4" in price else int(price["amount"]) * 100


class Imported:
    """Voided sales count nowhere but in `commands`."""

    def __init__(self, path: pathlib.Path) -> None:
        self.totals = Totals()
        self.commands: Counter[str] = Counter()
        self.cards = 0
        self._categories: dict[str, str] = {}
        sales: dict[str, Sold] = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                item = json.loads(line)
                self._take(item["command"], item["body"], sales)
        for sold in sales.values():
            self.totals.add(sold)
            self.cards += sold.cards

    def _take(self, command: str, body: Any, sales: dict[str, Sold]) -> None:
        self.commands[command] += 1
        if command == "UpsertProduct":
            self._categories[body["sku"]] = body["category"]
        elif command == "RingUpSale":
            sales[body["sale_id"]] = self._sold(body)
        elif command == "VoidSale":
            del sales[body["sale_id"]]

    def _sold(self, body: Any) -> Sold:
        lines = []
        for line in body["lines"]:
            units_e5 = e5_of(line["quantity"])
            lines.append(SoldLine(line["sku"], self._categories[line["sku"]], units_e5,
                                  line_gross(units_e5, price_e4(line["unit_price"])), 0))
        tenders: dict[str, int] = defaultdict(int)
        for tender in body["tenders"]:
            tenders[tender["type"]] += tender["amount"]["amount"]
        if "change" in body:
            tenders["CASH"] -= body["change"]["amount"]
        moment = body["occurred_at"]
        return Sold(body["store_id"], moment[:10], int(moment[11:13]), lines,
                    sum(row["amount"]["amount"] for row in body["taxes"]), dict(tenders),
                    sum(card["amount"]["amount"] for card in body["gift_cards"]))
