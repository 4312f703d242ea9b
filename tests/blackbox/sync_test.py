"""What a till uploads of the time that it was away, and the feed from which it learns what changed."""

import hashlib
import json
from typing import Any

from support.case import ContractTest
from support.client import Answer
from support.shop import Item, Shop, Terminal

FIRST = "0" * 64


class Queue:
    """A terminal's chain of entries."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.entries: list[dict[str, Any]] = []

    def add(self, key: str, command: str, body: dict[str, Any]) -> dict[str, Any]:
        seq = len(self.entries) + 1
        previous = self.entries[-1]["hash"] if self.entries else FIRST
        payload = json.dumps({"idempotency_key": key, "command": command, "body": body})
        digest = hashlib.sha256(bytes.fromhex(previous) + seq.to_bytes(8, "big") + payload.encode()).hexdigest()
        self.entries.append({"client_seq": seq, "prev_hash": previous, "hash": digest, "payload": payload})
        return self.entries[-1]


class Sync(ContractTest):
    def setUp(self) -> None:
        self.shop = Shop.open(self.world, stock="DENY")
        self.queue = Queue(self.shop.terminal())
        self.sku = self.shop.product()

    def add_sale(self, seq: int, **more: Any) -> dict[str, Any]:
        sale = self.shop.ticket(Terminal(self.queue.terminal.terminal_id, seq), [Item(self.sku)], **more)
        self.queue.add(self.world.unique("key"), "RingUpSale", sale)
        return sale

    def sync(self, entries: list[dict[str, Any]]) -> Answer:
        return self.shop.api.send("POST", f"/v1/terminals/{self.queue.terminal.terminal_id}/sync",
                                  {"entries": entries})

    def told(self, entries: list[dict[str, Any]]) -> tuple[list[str], int, int]:
        body = self.ok(self.sync(entries))
        return [result["state"] for result in body["results"]], body["acknowledged"], body["continue_from"]

    def test_batch_with_a_corrupt_sale_three_times_in_two_orders(self) -> None:
        first, bad, third = self.add_sale(1), self.add_sale(2, change=7, expected_total={
            "amount": 1, "currency": "USD"}), self.add_sale(3)
        entries = self.queue.entries
        self.assertEqual(self.told(entries), (["ACCEPTED", "QUARANTINED", "ACCEPTED"], 3, 4))
        self.assertEqual(self.told(entries), (["KNOWN"] * 3, 3, 4))
        self.assertEqual(self.told(entries[::-1]), (["KNOWN"] * 3, 3, 4))
        position = self.ok(self.sync(entries))["results"][2]["position"]
        for sale, status in ((first, 200), (bad, 404), (third, 200)):
            self.assertEqual(self.shop.api.read(f"/v1/sales/{sale['sale_id']}", position).status, status)
        chain = self.ok(self.shop.api.read(f"/v1/terminals/{self.queue.terminal.terminal_id}/offline", position))
        self.assertEqual([(open_["client_seq"], open_["fork"]) for open_ in chain["open"]], [(2, False)])

    def test_stock_does_not_refuse_what_was_sold(self) -> None:
        self.add_sale(1)
        self.assertEqual(self.told(self.queue.entries)[0], ["ACCEPTED"])

    def test_sale_that_came_online_before_is_known(self) -> None:
        self.shop.receive(self.sku, "1")
        sale = self.add_sale(1)
        key = json.loads(self.queue.entries[0]["payload"])["idempotency_key"]
        self.accepted(self.shop.send(sale, key=key))
        self.assertEqual(self.told(self.queue.entries), (["KNOWN"], 1, 2))

    def test_fork_is_put_aside(self) -> None:
        self.add_sale(1)
        self.told(self.queue.entries)
        clone = Queue(self.queue.terminal)
        clone.add("k", "RingUpSale", self.shop.ticket(Terminal(self.queue.terminal.terminal_id, 1), [Item(self.sku)]))
        clone.add("l", "RingUpSale", self.shop.ticket(Terminal(self.queue.terminal.terminal_id, 2), [Item(self.sku)]))
        self.assertEqual(self.told(clone.entries), (["FORK", "FORK"], 1, 2))

    def test_gap_asks_from_where(self) -> None:
        for seq in (1, 2, 3):
            self.add_sale(seq)
        self.assertEqual(self.told(self.queue.entries[:1]), (["ACCEPTED"], 1, 2))
        self.assertEqual(self.told(self.queue.entries[2:]), (["GAP"], 1, 2))
        self.assertEqual(self.told(self.queue.entries[1:]), (["ACCEPTED", "ACCEPTED"], 3, 4))

    def test_wrong_hash_is_refused(self) -> None:
        self.add_sale(1)
        entry = self.queue.entries[0] | {"hash": FIRST}
        self.problem(self.sync([entry]), 422, "OFFLINE_HASH_INVALID", pointer="/entries/0/hash")

    def test_other_terminal_is_refused(self) -> None:
        self.add_sale(1)
        answer = self.api("terminal").send("POST", f"/v1/terminals/{self.queue.terminal.terminal_id}/sync",
                                           {"entries": self.queue.entries})
        self.problem(answer, 403, "TERMINAL_NOT_PERMITTED")


class Changes(ContractTest):
    def test_pages_lead_to_the_end(self) -> None:
        shop = Shop.open(self.world)
        skus = [shop.product() for _ in range(5)]
        position = self.accepted(shop.api.command("PUT", f"/v1/stores/{shop.store_id}", {"name": "Renamed"}))["position"]
        seen: list[tuple[str, str]] = []
        after: dict[str, str] = {}
        while True:
            page = self.ok(shop.api.read("/v1/changes", position, limit=2, **after))
            seen += [(change["kind"], change["id"]) for change in page["changes"]]
            after = {"after": page["next"]}
            if not page["has_more"]:
                break
        for sku in skus:
            self.assertIn(("product", sku), seen)
        self.assertIn(("store", shop.store_id), seen)
        self.assertEqual(self.ok(shop.api.read("/v1/changes", **after))["changes"], [])
