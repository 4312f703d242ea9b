"""Goods that come back, and goods for goods, as tills meet them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support.case import ContractTest
from support.client import Answer, money
from support.shop import Item, Shop, Terminal, must

RACERS = 16


class Returned(ContractTest):
    def start(self, shop: Shop, terminal: Terminal, sale: dict[str, Any], quantity: str) -> dict[str, Any]:
        return {"return_id": self.world.unique("return"), "sale_id": sale["sale_id"], "store_id": shop.store_id,
                "terminal_id": terminal.terminal_id,
                "lines": [{"line_id": "1", "quantity": quantity, "reason": "UNWANTED"}]}

    def complete(self, shop: Shop, terminal: Terminal, started: dict[str, Any], total: int) -> Answer:
        answer = self.api().command("POST", f"/v1/returns/{started['return_id']}/complete", {
            "terminal_seq": terminal.next_seq, "occurred_at": f"{shop.day}T13:00:00Z", "expected_total": money(total),
            "refunds": [{"type": "CASH", "amount": money(total)}]})
        if answer.status == 201:
            terminal.next_seq += 1
            shop.last = answer
        return answer

    def test_three_thirds_are_the_whole(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product(1000)
        shop.receive(sku, "10")
        sale = shop.sell(terminal, [Item(sku, "3", 1000, 100)], tax=551)
        paid = []
        for _ in range(3):
            started = self.start(shop, terminal, sale, "1")
            total = must(self.api().command("POST", "/v1/returns", started)).json["total"]["amount"]
            self.assertEqual(self.complete(shop, terminal, started, total).status, 201)
            paid.append(total)
        self.assertEqual(paid, [1151, 1151, 1149])
        self.assertEqual(shop.on_hand(sku)[sku], "10")
        self.problem(self.api().command("POST", "/v1/returns", self.start(shop, terminal, sale, "1")), 409,
                     "RETURN_EXCEEDS_SOLD")
        self.problem(shop.void(sale["sale_id"]), 409, "SALE_HAS_RETURNS")

    def test_can_be_looked_at(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product(1000)
        sale = shop.sell(terminal, [Item(sku, "2")])
        started = self.start(shop, terminal, sale, "1")
        shop.last = must(self.api().command("POST", "/v1/returns", started))
        path = f"/v1/returns/{started['return_id']}"
        seen = self.ok(self.api().read(path, shop.last.position))
        self.assertEqual((seen["status"], seen["total"], seen["lines"][0]["quantity"]), ("STARTED", money(1000), "1"))
        self.complete(shop, terminal, started, 1000)
        self.assertEqual(self.ok(self.api().read(path, shop.last.position))["status"], "COMPLETED")

    def test_sent_twice_is_one(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product(1000)
        sale = shop.sell(terminal, [Item(sku, "2")])
        started = self.start(shop, terminal, sale, "1")
        first = must(self.api().command("POST", "/v1/returns", started))
        self.assertEqual(must(self.api().command("POST", "/v1/returns", started)).position, first.position)

    def test_of_many_at_once_only_what_was_sold_comes_back(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product(1000)
        sale = shop.sell(terminal, [Item(sku, "3")])

        def take_back(_: int) -> Answer:
            return self.api().command("POST", "/v1/returns", self.start(shop, terminal, sale, "1"))

        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(take_back, range(RACERS)))
        self.assertEqual(sum(answer.status == 201 for answer in answers), 3)
        for answer in answers:
            if answer.status != 201:
                self.problem(answer, 409, "RETURN_EXCEEDS_SOLD")


class Exchanged(ContractTest):
    def test_goods_pay_for_goods(self) -> None:
        shop = Shop.open(self.world)
        terminal, old, new = shop.terminal(), shop.product(1000), shop.product(1500)
        shop.receive(old, "5")
        shop.receive(new, "5")
        sale = shop.sell(terminal, [Item(old)])
        tenders = [{"type": "EXCHANGE", "amount": money(1000)}, {"type": "CASH", "amount": money(500)}]
        ticket = shop.ticket(terminal, [Item(new, "1", 1500)], tenders=tenders)
        exchange = {"return_id": self.world.unique("return"), "source_sale_id": sale["sale_id"],
                    "returned": [{"line_id": "1", "quantity": "1"}], "returned_total": money(1000), "sale": ticket}
        shop.last = must(self.api().command("POST", "/v1/exchanges", exchange))
        self.assertEqual(shop.on_hand(old, new), {old: "5", new: "4"})
        again = must(self.api().command("POST", "/v1/exchanges", exchange))
        self.assertEqual(again.position, shop.last.position)
        self.problem(shop.void(ticket["sale_id"]), 409, "SALE_EXCHANGED")

    def test_both_halves_or_neither(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        terminal, old, new = shop.terminal(), shop.product(1000), shop.product(1000)
        shop.receive(old, "1")
        sale = shop.sell(terminal, [Item(old)])
        ticket = shop.ticket(terminal, [Item(new)], tenders=[{"type": "EXCHANGE", "amount": money(1000)}])
        exchange = {"return_id": self.world.unique("return"), "source_sale_id": sale["sale_id"],
                    "returned": [{"line_id": "1", "quantity": "1"}], "returned_total": money(1000), "sale": ticket}
        self.problem(self.api().command("POST", "/v1/exchanges", exchange), 409, "INSUFFICIENT_STOCK")
        self.assertEqual(shop.on_hand(old)[old], "0")
