"""A store of a test's own, with terminals, products and tickets whose sums are right."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from support.client import Answer, Api, money
from support.world import World

Fields = dict[str, Any]


def must(answer: Answer) -> Answer:
    if answer.status != 201:
        raise AssertionError(f"setting up a test was refused: {answer}")
    return answer


@dataclass
class Terminal:
    terminal_id: str
    next_seq: int = 1


@dataclass(frozen=True)
class Item:
    """A ticket's line: quantity as a decimal string, price and discount in minor units."""

    sku: str
    quantity: str = "1"
    price: int = 1000
    discount: int = 0

    @property
    def net(self) -> int:
        gross = (Decimal(self.quantity) * self.price).quantize(Decimal(1), ROUND_HALF_UP)
        return int(gross) - self.discount


@dataclass
class Shop:
    world: World
    api: Api
    store_id: str = ""
    day: datetime.date = datetime.date(2000, 1, 1)
    last: Answer = field(default_factory=lambda: Answer(0, {}, b""))

    @classmethod
    def open(cls, world: World, *, api: Api | None = None, stock: str = "ALLOW_NEGATIVE", time_zone: str = "UTC",
             cutoff: int = 0) -> Shop:
        shop = cls(world, api or world.api(), world.unique("store"), world.quiet_day())
        must(shop.api.command("PUT", f"/v1/stores/{shop.store_id}", {"name": "Black box"}))
        must(shop.api.command("PUT", f"/v1/stores/{shop.store_id}/policy", {
            "stock": stock, "time_zone": time_zone, "business_day_cutoff_hour": cutoff}))
        return shop

    def terminal(self) -> Terminal:
        terminal = Terminal(self.world.unique("till"))
        path = f"/v1/stores/{self.store_id}/terminals/{terminal.terminal_id}"
        must(self.api.command("PUT", path, {"name": "Front"}))
        return terminal

    def product(self, price: int = 1000, category: str = "tools") -> str:
        sku = self.world.unique("sku")
        must(self.api.command("PUT", f"/v1/catalog/products/{sku}", {
            "name": f"Product {sku}", "category": category, "unit_price": money(price), "tax_code": "A"}))
        return sku

    def receive(self, sku: str, quantity: str) -> Answer:
        return must(self.api.command("POST", "/v1/inventory/receipts", {
            "receipt_id": self.world.unique("receipt"), "store_id": self.store_id,
            "lines": [{"sku": sku, "quantity": quantity}]}))

    def ticket(self, terminal: Terminal, items: Sequence[Item], *, tax: int = 0, day: datetime.date | None = None,
               time: str = "12:00:00Z", tenders: list[Fields] | None = None, change: int | None = None,
               **more: Any) -> Fields:
        """A RingUpSale of the terminal's next number whose sums are right; `more` adds fields or replaces them."""
        net = sum(item.net for item in items)
        lines = []
        for number, item in zip(itertools.count(1), items):
            line = {"line_id": str(number), "sku": item.sku, "quantity": item.quantity,
                    "unit_price": money(item.price)}
            lines.append(line | ({"discount": money(item.discount)} if item.discount else {}))
        sale = {"sale_id": self.world.unique("sale"), "store_id": self.store_id, "terminal_id": terminal.terminal_id,
                "terminal_seq": terminal.next_seq, "occurred_at": f"{day or self.day}T{time}", "lines": lines,
                "taxes": [{"tax_code": "A", "taxable": money(net), "amount": money(tax)}] if tax else [],
                "tenders": tenders or [{"type": "CASH", "amount": money(net + tax + (change or 0))}],
                "expected_total": money(net + tax)}
        return sale | ({} if change is None else {"change": money(change)}) | more

    def send(self, sale: Fields, *, key: str | None = None, api: Api | None = None) -> Answer:
        return (api or self.api).command("POST", "/v1/sales", sale, key=key)

    def sell(self, terminal: Terminal, items: Sequence[Item], **more: Any) -> Fields:
        """Rings up a ticket that must be accepted; the ticket. Its answer stands in `last`."""
        sale = self.ticket(terminal, items, **more)
        self.last = must(self.send(sale))
        terminal.next_seq += 1
        return sale

    def void(self, sale_id: str, reason: str = "wrong item", *, key: str | None = None) -> Answer:
        return self.api.command("POST", f"/v1/sales/{sale_id}/void", {"reason": reason}, key=key)

    def on_hand(self, *skus: str, at_least: str | None = None) -> dict[str, str]:
        answer = self.api.read("/v1/inventory/availability", at_least or self.last_position, store_id=self.store_id,
                               sku=list(skus))
        if answer.status != 200:
            raise AssertionError(f"availability: {answer}")
        return {item["sku"]: item["on_hand"] for item in answer.json["items"]}

    @property
    def last_position(self) -> str | None:
        return self.last.position if self.last.status == 201 else None
