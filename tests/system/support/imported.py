"""The lines of `till import --to FILE`, added up by code of its own: what every view must say after them."""

from __future__ import annotations

import json
import pathlib
from collections import Counter, defaultdict
from typing import Any

from support.check import equal
from support.shop import Body, decimal_of, e5_of, line_gross
from support.totals import Sold, SoldLine, Totals


def price_e4(price: Body) -> int:
    return int(price["amount_e4"]) if "amount_e4" in price else int(price["amount"]) * 100


class Imported:
    """Voided sales count nowhere but in `commands`."""

    def __init__(self, path: pathlib.Path) -> None:
        self.sold = Totals()
        self.returned = Totals()
        self.totals = Totals()  # the sold less the returned
        self.commands: Counter[str] = Counter()
        self.cards = 0
        self._categories: dict[str, str] = {}
        self._lines: dict[tuple[str, str], SoldLine] = {}  # by sale and line
        self._started: dict[str, Body] = {}
        sales: dict[str, Sold] = {}
        returns: list[Sold] = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                item = json.loads(line)
                self._take(item["command"], item["body"], sales, returns)
        for sold in sales.values():
            self.sold.add(sold)
            self.totals.add(sold)
            self.cards += sold.cards
        for back in returns:
            self.returned.add(back)
            self.totals.add(back, -1)

    def _take(self, command: str, body: Any, sales: dict[str, Sold], returns: list[Sold]) -> None:
        self.commands[command] += 1
        if command == "UpsertProduct":
            self._categories[body["sku"]] = body["category"]
        elif command == "RingUpSale":
            sales[body["sale_id"]] = self._sold(body)
        elif command == "VoidSale":
            del sales[body["sale_id"]]
        elif command == "StartReturn":
            self._started[body["return_id"]] = body
        elif command == "CompleteReturn":
            returns.append(self._returned(body))

    def _returned(self, body: Any) -> Sold:
        """Whole lines, each for its price; the tax is the rest of what is paid back."""
        started = self._started.pop(body["return_id"])
        lines = [self._lines[started["sale_id"], line["line_id"]] for line in started["lines"]]
        equal([line["quantity"] for line in started["lines"]], [decimal_of(line.units_e5) for line in lines],
              f"quantities of {body['return_id']}")
        total, moment = body["expected_total"]["amount"], body["occurred_at"]
        tenders = {refund["type"]: refund["amount"]["amount"] for refund in body.get("refunds", [])}
        return Sold(started["store_id"], moment[:10], int(moment[11:13]), lines,
                    total - sum(line.gross for line in lines), tenders, sales=0)

    def _sold(self, body: Any) -> Sold:
        lines = []
        for line in body["lines"]:
            units_e5 = e5_of(line["quantity"])
            lines.append(SoldLine(line["sku"], self._categories[line["sku"]], units_e5,
                                  line_gross(units_e5, price_e4(line["unit_price"])), 0))
            self._lines[body["sale_id"], line["line_id"]] = lines[-1]
        tenders: dict[str, int] = defaultdict(int)
        for tender in body["tenders"]:
            tenders[tender["type"]] += tender["amount"]["amount"]
        if "change" in body:
            tenders["CASH"] -= body["change"]["amount"]
        moment = body["occurred_at"]
        return Sold(body["store_id"], moment[:10], int(moment[11:13]), lines,
                    sum(row["amount"]["amount"] for row in body["taxes"]), dict(tenders),
                    sum(card["amount"]["amount"] for card in body["gift_cards"]))
