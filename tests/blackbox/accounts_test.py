"""Gift cards, store credit, points and stock as tills meet them: together with a sale, at once, and looked back at."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support.case import ContractTest
from support.client import Answer, money
from support.shop import Item, Shop

REDEEMERS = 64


class GiftCard(ContractTest):
    def card(self, shop: Shop, amount: int) -> str:
        card = self.world.unique("card")
        answer = self.api().command("POST", "/v1/gift-cards",
                                    {"gift_card_id": card, "store_id": shop.store_id, "amount": money(amount)})
        self.assertEqual(answer.status, 201, answer)
        shop.last = answer
        return card

    def view(self, card: str, shop: Shop, **parameters: Any) -> dict[str, Any]:
        return self.ok(self.api().read(f"/v1/gift-cards/{card}", shop.last.position, **parameters))

    def test_pays_with_the_sale_and_comes_back_with_its_void(self) -> None:
        shop = Shop.open(self.world)
        terminal, card = shop.terminal(), self.card(shop, 5_000)
        before = shop.last.position
        tenders = [{"type": "GIFT_CARD", "amount": money(1_000), "gift_card_id": card}]
        sale = shop.sell(terminal, [Item(shop.product(1_000))], tenders=tenders)
        self.assertEqual(self.view(card, shop)["balance"], money(4_000))
        self.assertEqual(self.view(card, shop, as_of=before)["balance"], money(5_000))
        shop.last = shop.void(sale["sale_id"])
        self.assertEqual(self.view(card, shop)["balance"], money(5_000))

    def test_redeemed_at_once_by_many_is_exact(self) -> None:
        shop = Shop.open(self.world)
        card = self.card(shop, REDEEMERS // 2 * 100)

        def redeem(number: int) -> Answer:
            return self.api().command("POST", f"/v1/gift-cards/{card}/redeem", {
                "activity_id": f"{card}-{number}", "store_id": shop.store_id, "amount": money(100)})

        with ThreadPoolExecutor(REDEEMERS) as pool:
            answers = list(pool.map(redeem, range(REDEEMERS)))
        won = [answer for answer in answers if answer.status == 201]
        self.assertEqual(len(won), REDEEMERS // 2)
        for answer in answers:
            if answer.status != 201:
                self.problem(answer, 409, "INSUFFICIENT_BALANCE")
        shop.last = max(won, key=lambda answer: int(answer.position.rpartition("-")[2]))
        self.assertEqual(self.view(card, shop)["balance"], money(0))

    def test_has_a_version(self) -> None:
        shop = Shop.open(self.world)
        card = self.card(shop, 100)
        answer = self.api().read(f"/v1/gift-cards/{card}", shop.last.position)
        self.assertEqual(answer.headers["etag"], '"v1"')


class LookingBack(ContractTest):
    def test_stock_and_sale_as_they_were(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        received = shop.receive(sku, "10")
        sale = shop.sell(terminal, [Item(sku, "3")])
        sold = shop.last.position
        shop.last = shop.void(sale["sale_id"])
        where = {"store_id": shop.store_id, "sku": sku}

        def on_hand(as_of: str) -> str:
            answer = self.api().read("/v1/inventory/availability", shop.last.position, as_of=as_of, **where)
            return self.ok(answer)["items"][0]["on_hand"]

        self.assertEqual([on_hand(at) for at in (received.position, sold, shop.last.position)], ["10", "7", "10"])
        path = f"/v1/sales/{sale['sale_id']}"
        self.assertEqual(self.ok(self.api().read(path, shop.last.position, as_of=sold))["state"], "COMPLETED")
        self.problem(self.api().read(path, shop.last.position, as_of=received.position), 404, "SALE_NOT_FOUND")
        self.problem(self.api().read(path, as_of="yesterday"), 400, "POSITION_INVALID")

    def test_a_time_is_as_good_as_a_position(self) -> None:
        shop = Shop.open(self.world)
        answer = self.api().read(f"/v1/stores/{shop.store_id}", shop.last_position, as_of="2000-01-01T00:00:00Z")
        self.problem(answer, 404, "STORE_NOT_FOUND")
        answer = self.api().read(f"/v1/stores/{shop.store_id}", shop.last_position, as_of="2100-01-01T00:00:00Z")
        self.assertEqual(self.ok(answer)["policy"]["time_zone"], "UTC")


class Reserved(ContractTest):
    def test_is_not_for_sale(self) -> None:
        shop = Shop.open(self.world, stock="DENY")
        terminal, sku = shop.terminal(), shop.product()
        shop.receive(sku, "1")
        reservation = self.world.unique("reservation")
        shop.last = self.api().command("POST", "/v1/inventory/reservations", {
            "reservation_id": reservation, "store_id": shop.store_id, "lines": [{"sku": sku, "quantity": "1"}],
            "expires_at": "2100-01-01T00:00:00Z"})
        self.assertEqual(shop.last.status, 201, shop.last)
        answer = self.api().read("/v1/inventory/availability", shop.last.position, store_id=shop.store_id, sku=sku)
        self.assertEqual(self.ok(answer)["items"][0], {"sku": sku, "on_hand": "1", "available": "0"})
        self.problem(shop.send(shop.ticket(terminal, [Item(sku)])), 409, "INSUFFICIENT_STOCK")
        released = self.api().command("POST", f"/v1/inventory/reservations/{reservation}/release", {})
        self.assertEqual(released.status, 201, released)
        self.assertEqual(shop.send(shop.ticket(terminal, [Item(sku)])).status, 201)
