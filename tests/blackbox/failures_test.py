"""What went wrong in other systems, and does not here: rows of section 5.3 of the domain catalogue, by number. Other rows
are shown where their part is tested, and named there."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support.case import ContractTest
from support.client import Answer, Api, money
from support.shop import Item, Shop, Terminal, must

BRANCHES = 10
TILLS_AT_ONCE = 8
SALES_OF_A_TILL = 20


class Failures(ContractTest):
    def keep_alive(self) -> Api:
        api = Api(self.world.up["url"], self.world.up["keys"]["manager"], keep_alive=True)
        self.addCleanup(api.close)
        return api

    def open_shift(self, shop: Shop, terminal: Terminal, shift: str, opening_float: int = 10_000) -> Answer:
        return self.api().command("POST", "/v1/shifts", {
            "shift_id": shift, "store_id": shop.store_id, "terminal_id": terminal.terminal_id,
            "opening_float": money(opening_float)})

    def end_and_count(self, shift: str, cash: int) -> None:
        must(self.api().command("POST", f"/v1/shifts/{shift}/end", {}))
        must(self.api().command("POST", f"/v1/shifts/{shift}/counts", {
            "count_id": self.world.unique("count"), "counted": [{"type": "CASH", "amount": money(cash)}]}))

    def close(self, shift: str) -> dict[str, Any]:
        return must(self.api().command("POST", f"/v1/shifts/{shift}/close", {"to_safe": money(0)})).json

    def at_once(self, send: Any) -> list[Answer]:
        with ThreadPoolExecutor(TILLS_AT_ONCE) as pool:
            return list(pool.map(send, range(TILLS_AT_ONCE)))

    def test_row_9_ten_branches_sell_at_once_and_nobody_is_turned_away(self) -> None:
        shops = [Shop.open(self.world) for _ in range(BRANCHES)]

        def branch(shop: Shop) -> list[int]:
            terminal, sku, api = shop.terminal(), shop.product(), self.keep_alive()
            statuses = []
            for _ in range(SALES_OF_A_TILL):
                statuses.append(shop.send(shop.ticket(terminal, [Item(sku)]), api=api).status)
                terminal.next_seq += 1
            return statuses

        with ThreadPoolExecutor(BRANCHES) as pool:
            for statuses in pool.map(branch, shops):
                self.assertEqual(statuses, [201] * SALES_OF_A_TILL)

    def test_row_10_tills_that_pay_at_once_leave_no_gap(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product()
        terminals = [shop.terminal() for _ in range(TILLS_AT_ONCE)]

        def till(number: int) -> list[str]:
            terminal, api, sales = terminals[number], self.keep_alive(), []
            for _ in range(SALES_OF_A_TILL):
                sale = shop.ticket(terminal, [Item(sku)])
                must(shop.send(sale, api=api))
                terminal.next_seq += 1
                sales.append(sale["sale_id"])
            return sales

        with ThreadPoolExecutor(TILLS_AT_ONCE) as pool:
            sales = [sale for part in pool.map(till, range(TILLS_AT_ONCE)) for sale in part]
        self.assertEqual(len(set(sales)), TILLS_AT_ONCE * SALES_OF_A_TILL)
        for terminal in terminals:
            answer = shop.send(shop.ticket(terminal, [Item(sku)]) | {"terminal_seq": terminal.next_seq + 1})
            self.assertEqual(self.problem(answer, 409, "TERMINAL_SEQUENCE_GAP")["expected"], terminal.next_seq)

    def test_row_11_a_drawer_opened_by_many_has_one_shift(self) -> None:
        shop = Shop.open(self.world)
        terminal = shop.terminal()
        shifts = [self.world.unique("shift") for _ in range(TILLS_AT_ONCE)]
        answers = self.at_once(lambda number: self.open_shift(shop, terminal, shifts[number]))
        self.assertEqual(sum(answer.status == 201 for answer in answers), 1)
        for answer in answers:
            if answer.status != 201:
                self.problem(answer, 409, "SHIFT_ALREADY_OPEN")

    def test_row_11_shift_numbers_have_no_gap(self) -> None:
        shop = Shop.open(self.world)
        terminal = shop.terminal()
        numbers = []
        for _ in range(3):
            shift = self.world.unique("shift")
            must(self.open_shift(shop, terminal, shift))
            self.end_and_count(shift, 10_000)
            numbers.append(self.close(shift)["z_no"])
        self.assertEqual(numbers, [1, 2, 3])

    def test_rows_12_and_26_one_sale_sent_by_many_at_once_is_one_sale(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        shop.receive(sku, "10")
        sale = shop.ticket(terminal, [Item(sku)])
        answers = self.at_once(lambda _: shop.send(sale))
        self.assertEqual({answer.status for answer in answers}, {201})
        self.assertEqual(len({answer.position for answer in answers}), 1)
        shop.last = answers[0]
        self.assertEqual(shop.on_hand(sku)[sku], "9")

    def test_row_20_a_drawer_closes_with_any_difference(self) -> None:
        shop = Shop.open(self.world)
        terminal, shift = shop.terminal(), self.world.unique("shift")
        must(self.open_shift(shop, terminal, shift))
        self.end_and_count(shift, 123)
        self.assertEqual(self.close(shift)["over_short"], money(123 - 10_000))

    def test_row_22_a_sale_is_in_one_shift_or_refused(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku, shift = shop.terminal(), shop.product(), self.world.unique("shift")
        must(self.open_shift(shop, terminal, shift))
        api = self.keep_alive()

        def sell(_: int) -> int:
            sold = 0
            while True:
                answer = shop.send(shop.ticket(terminal, [Item(sku)], shift_id=shift), api=api)
                if answer.status != 201:
                    self.problem(answer, 409, "SHIFT_NOT_OPEN")
                    return sold
                terminal.next_seq += 1
                sold += 1

        with ThreadPoolExecutor(1) as pool:
            selling = pool.submit(sell, 0)
            while terminal.next_seq < SALES_OF_A_TILL:
                pass
            shop.last = must(self.api().command("POST", f"/v1/shifts/{shift}/end", {}))
            sold = selling.result()
        totals = self.ok(self.api().read(f"/v1/shifts/{shift}", shop.last.position))["totals"]
        self.assertEqual(totals["sales"], sold)

    def test_row_22_a_close_after_midnight_belongs_to_its_day(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku, shift = shop.terminal(), shop.product(), self.world.unique("shift")
        must(self.open_shift(shop, terminal, shift))
        first = shop.sell(terminal, [Item(sku)], time="23:59:59Z", shift_id=shift)
        second = shop.sell(terminal, [Item(sku)], day=shop.day + datetime.timedelta(days=1), time="00:00:01Z",
                           shift_id=shift)
        self.end_and_count(shift, 12_000)
        self.assertEqual(self.close(shift)["over_short"], money(0))
        dates = [self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position))["business_date"]
                 for sale in (first, second)]
        self.assertEqual(dates, [f"{shop.day}", f"{shop.day + datetime.timedelta(days=1)}"])

    def test_row_25_a_gift_card_pays_what_it_has_and_no_more(self) -> None:
        shop = Shop.open(self.world)
        terminal, card = shop.terminal(), self.world.unique("card")
        must(self.api().command("POST", "/v1/gift-cards", {
            "gift_card_id": card, "store_id": shop.store_id, "amount": money(1_000)}))
        sku = shop.product(1_000)

        def pay(*amounts: int) -> Answer:
            tenders = [{"type": "GIFT_CARD", "gift_card_id": card, "amount": money(amount)} for amount in amounts]
            return shop.send(shop.ticket(terminal, [Item(sku)], tenders=tenders))

        self.problem(pay(1_500, -500), 422, "AMOUNT_INVALID")
        twice = shop.ticket(terminal, [Item(sku, "2")], tenders=[
            {"type": "GIFT_CARD", "gift_card_id": card, "amount": money(1_000)}] * 2)
        self.problem(shop.send(twice), 409, "INSUFFICIENT_BALANCE")
        self.assertEqual(pay(600, 400).status, 201)
        terminal.next_seq += 1
        self.problem(pay(1_000), 409, "INSUFFICIENT_BALANCE")
