"""The dense number of a terminal's sales."""

from support.case import ContractTest
from support.client import Api
from support.shop import Item, Shop, Terminal


class Sequence(ContractTest):
    def setUp(self) -> None:
        self.shop = Shop.open(self.world)
        self.terminal = self.shop.terminal()
        self.sku = self.shop.product()

    def ticket(self, seq: int, **more: object) -> dict:
        return self.shop.ticket(Terminal(self.terminal.terminal_id, seq), [Item(self.sku)], **more)

    def test_starts_with_1(self) -> None:
        self.accepted(self.shop.send(self.ticket(1)))

    def test_gap_at_the_start_names_1(self) -> None:
        body = self.problem(self.shop.send(self.ticket(2)), 409, "TERMINAL_SEQUENCE_GAP")
        self.assertEqual(body["expected"], 1)

    def test_gap_names_the_expected_number(self) -> None:
        for seq in (1, 2, 3):
            self.accepted(self.shop.send(self.ticket(seq)))
        body = self.problem(self.shop.send(self.ticket(7)), 409, "TERMINAL_SEQUENCE_GAP")
        self.assertEqual(body["expected"], 4)

    def test_sale_after_a_gap_fills_it(self) -> None:
        sale = self.ticket(2)
        self.problem(self.shop.send(sale), 409, "TERMINAL_SEQUENCE_GAP")
        self.accepted(self.shop.send(self.ticket(1)))
        self.accepted(self.shop.send(sale))

    def test_lower_with_other_content_is_a_fork(self) -> None:
        self.accepted(self.shop.send(self.ticket(1)))
        self.problem(self.shop.send(self.ticket(1)), 409, "TERMINAL_SEQUENCE_FORK")

    def test_lower_with_the_same_sale_and_content_is_the_first_result(self) -> None:
        sale = self.ticket(1)
        first = self.shop.send(sale)
        self.accepted(first)
        self.accepted(self.shop.send(self.ticket(2)))
        again = self.shop.send(sale)
        self.assertEqual((again.status, again.json), (201, first.json))

    def test_lower_with_the_same_sale_and_other_content_is_refused(self) -> None:
        sale = self.ticket(1)
        self.accepted(self.shop.send(sale))
        self.problem(self.shop.send(sale | {"employee_id": "e-2"}), 409, "TERMINAL_SEQUENCE_FORK")

    def test_rejected_sale_uses_no_number(self) -> None:
        wrong = self.ticket(1)
        wrong["expected_total"]["amount"] += 1
        self.problem(self.shop.send(wrong), 422, "TOTAL_MISMATCH")
        self.accepted(self.shop.send(self.ticket(1)))

    def test_void_uses_no_number(self) -> None:
        sale = self.ticket(1)
        self.accepted(self.shop.send(sale))
        self.accepted(self.shop.void(sale["sale_id"]))
        self.accepted(self.shop.send(self.ticket(2)))

    def test_numbers_of_two_terminals_are_independent(self) -> None:
        other = self.shop.terminal()
        self.accepted(self.shop.send(self.ticket(1)))
        self.accepted(self.shop.send(self.shop.ticket(other, [Item(self.sku)])))

    def test_missing_number_is_malformed(self) -> None:
        sale = self.ticket(1)
        del sale["terminal_seq"]
        self.problem(self.shop.send(sale), 400, pointer="/terminal_seq")


class BoundKey(ContractTest):
    def test_demo_key_is_refused_on_another_terminal(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.ticket(shop.terminal(), [Item(shop.product())])
        self.problem(shop.send(sale, api=self.api("terminal")), 403)

    def test_bound_key_is_refused_in_a_batch_too(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.ticket(shop.terminal(), [Item(shop.product())])
        item = {"idempotency_key": self.world.unique("key"), "command": "RingUpSale", "body": sale}
        answer = self.api("terminal").batch([item])
        statuses = [r["status"] for r in answer.json["results"]] if answer.status == 200 else [answer.status]
        self.assertEqual(statuses, [403], str(answer))

    def test_key_made_for_a_terminal_serves_it(self) -> None:
        shop = Shop.open(self.world)
        terminal = shop.terminal()
        key = self.cli().add_key(self.world.up["tenant"], "terminal", terminal.terminal_id)
        sale = shop.ticket(terminal, [Item(shop.product())])
        self.accepted(shop.send(sale, api=Api(self.world.up["url"], key)), sale_id=sale["sale_id"])
        other = shop.ticket(shop.terminal(), [Item(shop.product())])
        self.problem(shop.send(other, api=Api(self.world.up["url"], key)), 403)
