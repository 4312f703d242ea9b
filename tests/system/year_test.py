"""A made-up year of the same shape through `till apply`: taxes, discounts, weights, split payments, voids."""

from __future__ import annotations

import datetime
import json
import random
from collections import defaultdict

from support.check import check, equal, equal_maps
from support.http_client import Api
from support.log_fold import LogFold
from support.shop import Body, Command, Product, Shop, Store, e5_of, line_gross, make_shop, money
from support.stream import check_stream
from support.tables import cache_contents, reporting_tables
from support.totals import Sold, SoldLine, Totals, check_dashboards, check_reports
from support.world import World

TENANT = "made-up"
BASKETS, BASKETS_FULL = 3000, 20_000
STORES, PRODUCTS = 13, 400
FIRST_DAY, DAYS = datetime.date(1997, 1, 1), 364
TAX_PER_MILLE = {"FOOD": 25, "STANDARD": 82}
VOID_SHARE, DISCOUNT_SHARE, WEIGHED_SHARE = 0.02, 0.1, 0.2


class Year:
    """Commands in order and the totals that must come of them."""

    def __init__(self, shop: Shop, draw: random.Random) -> None:
        self.commands = shop.setup()
        self.totals = Totals()
        self.sales = 0
        self.voids = 0
        self._shop, self._draw = shop, draw
        self._sequence: dict[str, int] = defaultdict(int)

    def trade(self, baskets: int) -> None:
        days = sorted(self._draw.randrange(DAYS) for _ in range(baskets))
        for day in days:
            store = self._draw.choice(self._shop.stores)
            self._sell(store, FIRST_DAY + datetime.timedelta(day), self._draw.choice(store.terminals))

    def _sell(self, store: Store, day: datetime.date, terminal: str) -> None:
        self._sequence[terminal] += 1
        self.sales += 1
        sale = f"year-{terminal}-{self._sequence[terminal]}"
        hour = self._draw.randrange(8, 22)
        lines, sold_lines = self._lines()
        taxes = self._taxes(sold_lines, {line.sku for line in sold_lines})
        tax = sum(row["amount"]["amount"] for row in taxes)
        total = sum(line.gross - line.discount for line in sold_lines) + tax
        tenders, change, taken = self._pay(total)
        body = {"sale_id": sale, "store_id": store.id, "terminal_id": terminal,
                "terminal_seq": self._sequence[terminal], "lines": lines, "taxes": taxes, "tenders": tenders,
                "occurred_at": f"{day}T{hour:02d}:{self._draw.randrange(60):02d}:00Z", "expected_total": money(total)}
        if change:
            body["change"] = money(change)
        self.commands.append(Command(sale, "RingUpSale", body))
        if self._draw.random() < VOID_SHARE:
            self.voids += 1
            self.commands.append(Command(f"{sale}-void", "VoidSale", {"sale_id": sale, "reason": "wrong item"}))
        else:
            self.totals.add(Sold(store.id, str(day), hour, sold_lines, tax, taken))

    def _lines(self) -> tuple[list[Body], list[SoldLine]]:
        draw, lines, sold = self._draw, [], []
        for number in range(draw.choice((1, 2, 3, 3, 4, 5, 8, 17))):
            product = draw.choice(self._shop.products)
            weighed = draw.random() < WEIGHED_SHARE
            quantity_e5 = draw.randrange(50, 3000) * 100 if weighed else draw.randint(1, 5) * 100_000
            gross = line_gross(quantity_e5, product.price * 100)
            discount = gross * draw.randint(1, 50) // 100 if draw.random() < DISCOUNT_SHARE else 0
            line: Body = {"line_id": str(number + 1), "sku": product.sku, "unit_price": money(product.price),
                          "quantity": f"{quantity_e5 // 100_000}.{quantity_e5 % 100_000:05d}"}
            if discount:
                line["discount"] = money(discount)
            lines.append(line)
            sold.append(SoldLine(product.sku, product.category, quantity_e5, gross, discount))
        return lines, sold

    def _taxes(self, lines: list[SoldLine], skus: set[str]) -> list[Body]:
        code_of = {product.sku: product.tax_code for product in self._shop.products if product.sku in skus}
        taxable: dict[str, int] = defaultdict(int)
        for line in lines:
            taxable[code_of[line.sku]] += line.gross - line.discount
        return [{"tax_code": code, "taxable": money(base), "amount": money(base * TAX_PER_MILLE[code] // 1000)}
                for code, base in sorted(taxable.items())]

    def _pay(self, total: int) -> tuple[list[Body], int, dict[str, int]]:
        """Tenders, change, and what each type took less change."""
        way = self._draw.random()
        if total < 2:
            kind = "CASH"
            return ([{"type": kind, "amount": money(total)}] if total else []), 0, ({kind: total} if total else {})
        if way < 0.4:
            given = -(-total // 500) * 500
            return [{"type": "CASH", "amount": money(given)}], given - total, {"CASH": total}
        if way < 0.9:
            return [{"type": "CARD", "amount": money(total)}], 0, {"CARD": total}
        first = self._draw.randint(1, total - 1)
        tenders = [{"type": "GIFT_CARD", "amount": money(first)}, {"type": "CARD", "amount": money(total - first)}]
        return tenders, 0, {"GIFT_CARD": first, "CARD": total - first}


def taxed_shop() -> Shop:
    plain = make_shop(STORES, 0, 1, PRODUCTS, 50)
    codes = sorted(TAX_PER_MILLE)
    return Shop(plain.stores, [Product(p.sku, p.price, f"category-{n % 23}", codes[n % 2])
                               for n, p in enumerate(plain.products)], plain.opening_units)


def test_made_up_year(world: World) -> None:
    database, nats = world.mariadb(), world.nats()
    till = world.till(database.services() + nats.services())
    till.start()
    key = till.add_tenant(TENANT)
    shop = taxed_shop()
    year = Year(shop, world.draw())
    year.trade(BASKETS_FULL if world.full else BASKETS)
    lines = world.folder / "year.ndjson"
    lines.write_text("".join(json.dumps(command.item()) + "\n" for command in year.commands))
    apply = ("apply", str(lines), "--key-file", str(till.key_file(key)), "--url", till.url)
    till.ask(*apply)
    head = till.ask("log", "head")
    till.ask(*apply)
    equal(till.ask("log", "head"), head, "head after the same lines again")
    check(not lines.with_name("year.ndjson.rejected.ndjson").exists(), "a file of rejected lines")

    stats = till.ask("log", "stats")
    equal((stats["tenants"][0]["sales"], stats["tenants"][0]["voids"], stats["tenants"][0]["net"]),
          (year.sales - year.voids, year.voids, [{"amount": year.totals.all.net, "currency": "USD"}]), "till log stats")
    log = LogFold()
    log.extend(till.records())
    till.verify("read_cache", "reporting")
    api = Api(till.url, key)
    position = head["position"]
    check_reports(api, year.totals, position)
    check_dashboards(api, year.totals, position)
    check_stock_of_all(api, shop, log, position)
    till.wait_caught_up("relay")
    check_stream(nats.url, log, stats["log_id"], stats["epoch"])
    boards = sorted(year.totals.boards)
    before = (reporting_tables(database, till), cache_contents(api, boards, [], [], []))
    for view in ("read_cache", "reporting"):
        till.ask("views", "rebuild", view)
        check_reports(api, year.totals, position)
        till.ask("views", "rollback", view)
        till.ask("views", "rebuild", view, "--tenant", TENANT)
        equal_maps(reporting_tables(database, till), before[0], f"tables after a rebuild of {view}")
        equal_maps(cache_contents(api, boards, [], [], []), before[1], f"dashboards after a rebuild of {view}")
    till.verify("read_cache", "reporting")
    world.note(f"{year.sales} sales, {year.voids} voids, {log.events} events")
    api.close()


def check_stock_of_all(api: Api, shop: Shop, log: LogFold, at_least: str) -> None:
    skus = [product.sku for product in shop.products]
    for store in shop.stores:
        for first in range(0, len(skus), 200):
            part = skus[first:first + 200]
            answer = api.get("/v1/inventory/availability", at_least, store_id=store.id, sku=part)
            equal(answer.status, 200, f"availability ({answer})")
            equal_maps({item["sku"]: e5_of(item["on_hand"]) for item in answer.json["items"]},
                       {sku: log.stock[TENANT, store.id, sku] for sku in part}, f"stock in {store.id}")
