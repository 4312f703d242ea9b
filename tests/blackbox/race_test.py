"""Two tills want the last unit: exactly one gets it, a thousand times (rows 17 and 18 of section 5.3 of the catalogue)."""

import threading
from concurrent.futures import ThreadPoolExecutor

from support.case import ContractTest
from support.client import Answer, Api
from support.shop import Item, Shop, must

ROUNDS = 1000
RECEIPT_LINES = 500


class LastUnit(ContractTest):
    def keep_alive(self) -> Api:
        api = Api(self.world.up["url"], self.world.up["keys"]["manager"], keep_alive=True)
        self.addCleanup(api.close)
        return api

    def stock_up(self, shop: Shop) -> list[str]:
        """One unit each of a product for every round."""
        skus = [self.world.unique("sku") for _ in range(ROUNDS)]
        price = {"amount": 1000, "currency": "USD"}
        results = self.ok(self.api().batch([
            {"idempotency_key": self.world.unique("key"), "command": "UpsertProduct",
             "body": {"sku": sku, "name": "Last one", "category": "c", "unit_price": price, "tax_code": "A"}}
            for sku in skus]))["results"]
        self.assertEqual({r["status"] for r in results}, {201})
        for start in range(0, ROUNDS, RECEIPT_LINES):
            lines = [{"sku": sku, "quantity": "1"} for sku in skus[start:start + RECEIPT_LINES]]
            shop.last = must(self.api().command("POST", "/v1/inventory/receipts", {
                "receipt_id": self.world.unique("receipt"), "store_id": shop.store_id, "lines": lines}))
        return skus

    def test_a_thousand_times_one_winner(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        skus = self.stock_up(shop)
        start = threading.Barrier(2, timeout=120)

        def till(_: int) -> list[Answer]:
            terminal, api, answers = shop.terminal(), self.keep_alive(), []
            for sku in skus:
                sale = shop.ticket(terminal, [Item(sku)])
                start.wait()
                answers.append(shop.send(sale, api=api))
                terminal.next_seq += answers[-1].status == 201
            return answers

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(till, range(2))
        for one, other in zip(first, second, strict=True):
            self.assertEqual({one.status, other.status}, {201, 409}, f"{one}\n{other}")
            loser = one if one.status == 409 else other
            self.problem(loser, 409, "INSUFFICIENT_STOCK")
        sold = [answer for answer in first + second if answer.status == 201]
        shop.last = max(sold, key=lambda answer: int(answer.position.rpartition("-")[2]))
        for start_at in range(0, ROUNDS, 50):
            part = skus[start_at:start_at + 50]
            self.assertEqual(shop.on_hand(*part), dict.fromkeys(part, "0"))

    def test_many_tills_sell_exactly_what_is_there(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        sku = shop.product()
        shop.receive(sku, "100")

        def till(_: int) -> list[str]:
            terminal, api, positions = shop.terminal(), self.keep_alive(), []
            while (answer := shop.send(shop.ticket(terminal, [Item(sku)]), api=api)).status == 201:
                terminal.next_seq += 1
                positions.append(answer.position)
            self.problem(answer, 409, "INSUFFICIENT_STOCK")
            return positions

        with ThreadPoolExecutor(4) as pool:
            positions = [position for part in pool.map(till, range(4)) for position in part]
        self.assertEqual((len(positions), len(set(positions))), (100, 100))
