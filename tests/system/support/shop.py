"""A small chain: stores with terminals, products, and the commands of its tills as JSON bodies."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field
from typing import Any

from support.check import equal
from support.http_client import Api

Body = dict[str, Any]
CURRENCY = "USD"
E5 = 100_000
BATCH_MOST = 500


def money(amount: int) -> Body:
    return {"amount": amount, "currency": CURRENCY}


def decimal_of(value_e5: int) -> str:
    """As the API writes and reads quantities."""
    sign, whole, rest = "-" if value_e5 < 0 else "", abs(value_e5) // E5, abs(value_e5) % E5
    return f"{sign}{whole}" + (f".{rest:05d}".rstrip("0") if rest else "")


def e5_of(text: str) -> int:
    whole, _, rest = text.lstrip("-").partition(".")
    value = int(whole) * E5 + int((rest + "00000")[:5])
    return -value if text.startswith("-") else value


def line_gross(quantity_e5: int, price_e4: int) -> int:
    """Minor units, rounded half up; neither is negative."""
    return (quantity_e5 * price_e4 * 2 + 10_000_000) // 20_000_000


def now_text() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Command:
    key: str
    name: str
    body: Body

    def item(self) -> Body:
        return {"idempotency_key": self.key, "command": self.name, "body": self.body}


@dataclass(frozen=True)
class Product:
    sku: str
    price: int  # minor units
    category: str
    tax_code: str


@dataclass(frozen=True)
class Store:
    id: str
    policy: str
    terminals: list[str]


@dataclass(frozen=True)
class Shop:
    stores: list[Store]
    products: list[Product]
    opening_units: int  # of each product in each store
    name: str = field(default="shop")

    def setup(self) -> list[Command]:
        commands = []
        for store in self.stores:
            place = {"store_id": store.id}
            commands.append(Command(f"set-{store.id}", "UpsertStore", place | {"name": store.id}))
            commands.append(Command(f"set-{store.id}-policy", "SetStorePolicy", place | {
                "stock": store.policy, "time_zone": "UTC", "business_day_cutoff_hour": 0}))
            for terminal in store.terminals:
                commands.append(Command(f"set-{terminal}", "RegisterTerminal", place | {"terminal_id": terminal}))
        for product in self.products:
            commands.append(Command(f"set-{product.sku}", "UpsertProduct", {
                "sku": product.sku, "name": product.sku, "category": product.category,
                "unit_price": money(product.price), "tax_code": product.tax_code}))
        for store in self.stores:
            receipt = f"opening-{store.id}"
            commands.append(Command(receipt, "ReceiveStock", {
                "receipt_id": receipt, "store_id": store.id,
                "lines": [{"sku": p.sku, "quantity": str(self.opening_units)} for p in self.products]}))
        return commands


def make_shop(allow_stores: int, deny_stores: int, terminals: int, products: int, opening_units: int) -> Shop:
    stores = []
    for number in range(allow_stores + deny_stores):
        policy = "DENY" if number >= allow_stores else ("ALLOW_NEGATIVE", "ALLOW_WITH_ALERT")[number % 2]
        store = f"store-{number + 1}"
        stores.append(Store(store, policy, [f"{store}-t{t + 1}" for t in range(terminals)]))
    goods = [Product(f"sku-{n + 1}", 99 + 37 * n, f"category-{n % 4}", "NONE") for n in range(products)]
    return Shop(stores, goods, opening_units)


def ring_up(sale_id: str, store: Store, terminal: str, sequence: int, goods: list[tuple[Product, int]],
            occurred_at: str = "") -> Body:
    """A sale paid by card; `goods` are products and whole units."""
    total = sum(product.price * units for product, units in goods)
    return {"sale_id": sale_id, "store_id": store.id, "terminal_id": terminal, "terminal_seq": sequence,
            "occurred_at": occurred_at or now_text(),
            "lines": [{"line_id": str(n + 1), "sku": product.sku, "quantity": str(units),
                       "unit_price": money(product.price)} for n, (product, units) in enumerate(goods)],
            "tenders": [{"type": "CARD", "amount": money(total)}], "expected_total": money(total)}


def draw_goods(shop: Shop, draw: random.Random, lines: int = 4, units: int = 3) -> list[tuple[Product, int]]:
    chosen = draw.sample(shop.products, draw.randint(1, min(lines, len(shop.products))))
    return [(product, draw.randint(1, units)) for product in chosen]


def send_all(api: Api, commands: list[Command]) -> str:
    """In batches; every one must be accepted. The last position."""
    position = ""
    for first in range(0, len(commands), BATCH_MOST):
        part = commands[first:first + BATCH_MOST]
        answer = api.request("POST", "/v1/batch", {"commands": [command.item() for command in part]})
        equal(answer.status, 200, f"a batch of {len(part)} ({answer})")
        for command, result in zip(part, answer.json["results"], strict=True):
            equal(result["status"], 201, f"{command} ({result})")
            position = result["body"]["position"]
    return position


def make_sales(shop: Shop, draw: random.Random, count: int, prefix: str = "sale",
               sequences: dict[str, int] | None = None) -> list[Command]:
    """Sales of all terminals in turn, for stores that allow every sale. `sequences` goes on from the last ones."""
    last = {} if sequences is None else sequences
    places = [(store, terminal) for store in shop.stores for terminal in store.terminals]
    commands = []
    for number in range(count):
        store, terminal = places[number % len(places)]
        last[terminal] = last.get(terminal, 0) + 1
        sale = f"{prefix}-{terminal}-{last[terminal]}"
        commands.append(Command(sale, "RingUpSale", ring_up(sale, store, terminal, last[terminal],
                                                            draw_goods(shop, draw))))
    return commands
