"""Shifts: the drawer's day over HTTP, from its float to its Z number."""

from typing import Any

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop, Terminal


class Drawer(ContractTest):
    def open(self, shop: Shop, terminal: Terminal, opening_float: int = 20_000) -> str:
        shift = self.world.unique("shift")
        self.send(shop, "/v1/shifts", {"shift_id": shift, "store_id": shop.store_id,
                                       "terminal_id": terminal.terminal_id, "opening_float": money(opening_float)})
        return shift

    def send(self, shop: Shop, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.api().command("POST", path, body)
        self.assertEqual(answer.status, 201, answer)
        shop.last = answer
        return answer.json

    def move(self, shop: Shop, shift: str, kind: str, amount: int, **more: str) -> None:
        body = {"movement_id": self.world.unique("movement"), "amount": money(amount)}
        self.send(shop, f"/v1/shifts/{shift}/{kind}", body | more)

    def shift(self, shop: Shop, shift: str, **parameters: Any) -> dict[str, Any]:
        return self.ok(self.api().read(f"/v1/shifts/{shift}", shop.last.position, **parameters))

    def test_a_day_from_float_to_z(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        shift = self.open(shop, terminal)
        shop.sell(terminal, [Item(sku, "2", 1000)], tax=140, change=860, shift_id=shift)
        before_the_movements = shop.last.position
        self.move(shop, shift, "paid-in", 500, reason="found")
        self.move(shop, shift, "paid-out", 300, reason="stamps")
        self.move(shop, shift, "pickups", 10_000)
        x_report = self.shift(shop, shift)
        self.assertEqual(x_report["status"], "OPEN")
        self.assertEqual(x_report["expected_cash"], money(20_000 + 2_140 + 500 - 300 - 10_000))
        self.assertEqual(x_report["totals"]["tenders"], [{"type": "CASH", "count": 1, "amount": money(2_140)}])
        self.assertEqual(self.shift(shop, shift, as_of=before_the_movements)["expected_cash"], money(22_140))

        self.send(shop, f"/v1/shifts/{shift}/end", {})
        self.send(shop, f"/v1/shifts/{shift}/counts",
                  {"count_id": self.world.unique("count"), "counted": [{"type": "CASH", "amount": money(12_330)}]})
        closed = self.send(shop, f"/v1/shifts/{shift}/close", {"to_safe": money(2_330)})
        self.assertEqual((closed["z_no"], closed["over_short"], closed["grand_total"]), (1, money(-10), money(2_140)))
        z_report = self.shift(shop, shift)
        self.assertEqual((z_report["status"], z_report["z_no"], z_report["over_short"]), ("CLOSED", 1, money(-10)))
        drawer = self.ok(self.api().read(f"/v1/terminals/{terminal.terminal_id}/drawer", shop.last.position))
        self.assertEqual((drawer["z_no"], drawer["left"]), (1, money(10_000)))
        safe = self.ok(self.api().read(f"/v1/stores/{shop.store_id}/safe", shop.last.position))
        self.assertEqual(safe["balance"], money(12_330))

    def test_a_blind_count_is_blind(self) -> None:
        shop = Shop.open(self.world)
        terminal = shop.terminal()
        policy = {"stock": "ALLOW_NEGATIVE", "time_zone": "UTC", "blind_count": True}
        shop.last = self.api().command("PUT", f"/v1/stores/{shop.store_id}/policy", policy)
        shift = self.open(shop, terminal)
        self.send(shop, f"/v1/shifts/{shift}/end", {})
        self.assertNotIn("expected_cash", self.shift(shop, shift))
        self.send(shop, f"/v1/shifts/{shift}/counts",
                  {"count_id": self.world.unique("count"), "counted": [{"type": "CASH", "amount": money(20_000)}]})
        self.assertNotIn("expected_cash", self.shift(shop, shift))
        self.send(shop, f"/v1/shifts/{shift}/close", {})
        self.assertEqual(self.shift(shop, shift)["expected_cash"], money(20_000))

    def test_a_shift_that_is_not_there(self) -> None:
        self.problem(self.api().read("/v1/shifts/nobody"), 404, "SHIFT_NOT_FOUND")

    def test_a_terminal_alone_pays_nothing_out(self) -> None:
        keys = self.world.up
        api = self.api("terminal")
        shift = self.world.unique("shift")
        answer = api.command("POST", "/v1/shifts", {"shift_id": shift, "store_id": keys["store_id"],
                                                    "terminal_id": keys["terminal_id"], "opening_float": money(0)})
        self.assertEqual(answer.status, 201, answer)
        body = {"movement_id": self.world.unique("movement"), "amount": money(1), "reason": "none"}
        self.problem(api.command("POST", f"/v1/shifts/{shift}/paid-in", body), 403, "PERMISSION_DENIED",
                     pointer="/session_id")


class BesidesGoods(ContractTest):
    def test_tips_charges_cards_and_rounding_are_verified(self) -> None:
        shop = Shop.open(self.world)
        policy = {"stock": "ALLOW_NEGATIVE", "time_zone": "UTC", "cash_rounding": 5}
        shop.last = self.api().command("PUT", f"/v1/stores/{shop.store_id}/policy", policy)
        more = {"tip": money(100), "charges": [{"charge_id": "bag", "amount": money(23)}],
                "gift_cards": [{"gift_card_id": self.world.unique("card"), "amount": money(500)}],
                "cash_rounding": money(2), "expected_total": money(1_623)}
        sale = shop.sell(shop.terminal(), [Item(shop.product(1_000))], **more,
                         tenders=[{"type": "CASH", "amount": money(1_625)}])
        view = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))
        self.assertEqual({name: view[name] for name in ("tip", "cash_rounding", "total")},
                         {"tip": money(100), "cash_rounding": money(2), "total": money(1_623)})
        self.assertEqual(view["gift_cards"], sale["gift_cards"])
        verified = self.cli().run("views", "verify")
        self.assertEqual(verified.status, 0, str(verified))
