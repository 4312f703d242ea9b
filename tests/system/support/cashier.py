"""A client that behaves like a till at its worst: sales one by one and in batches, mistakes, repetitions, and after a
lost answer the same request again until it is answered."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable

from support.http_client import Api, Unanswered
from support.journal import Attempt, Entry, Journal
from support.shop import Command, Shop, Store, draw_goods, ring_up

RETRY_PAUSE_S = 0.05
KNOWN_MOST = 400

ROUTES: dict[str, Callable[[dict[str, str]], str]] = {
    "RingUpSale": lambda body: "/v1/sales",
    "VoidSale": lambda body: f"/v1/sales/{body['sale_id']}/void",
    "ReceiveStock": lambda body: "/v1/inventory/receipts",
    "AdjustStock": lambda body: "/v1/inventory/adjustments",
}


class Cashier(threading.Thread):
    """Alone with one terminal. `url` is asked anew for each connection; empty while no server runs."""

    def __init__(self, shop: Shop, store: Store, terminal: str, key: str, url: Callable[[], str], journal: Journal,
                 draw: random.Random, pace_s: float = 0.0) -> None:
        super().__init__(name=terminal, daemon=True)
        self.shop, self.store, self.terminal = shop, store, terminal
        self.trouble: BaseException | None = None
        self._key, self._url, self._journal, self._draw = key, url, journal, draw
        self._pace_s = pace_s  # between requests
        self._numbers = itertools.count(1)
        self._next_sequence = 1
        self._waiting: list[Entry] = []
        self._batched = False
        self._known: list[Entry] = []  # accepted, the latest
        self._api: Api | None = None
        self._ending = threading.Event()

    def finish(self) -> None:
        """Asks it to end once everything that it sent is answered; join waits for that."""
        self._ending.set()

    def run(self) -> None:
        try:
            while not (self._ending.is_set() and not self._waiting):
                if not self._waiting:
                    self._think()
                time.sleep(self._pace_s if self._send() else RETRY_PAUSE_S)
        except BaseException as error:
            self.trouble = error
            raise
        finally:
            if self._api:
                self._api.close()

    def _think(self) -> None:
        ways = [(30, self._single), (14, self._batch), (5, self._wrong_total), (4, self._ahead), (4, self._behind),
                (8, self._replay), (4, self._reuse_key), (4, self._same_content), (4, self._void),
                (3, self._void_again), (8, self._receive), (4, self._adjust), (4, self._double_in_batch)]
        self._batched = False
        self._waiting = self._draw.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
        self._journal.add([entry for entry in self._waiting if not entry.first_sent])

    def _new_id(self) -> str:
        return f"{self.terminal}-{next(self._numbers)}"

    def _sale(self, sequence: int) -> Command:
        sale = self._new_id()
        goods = draw_goods(self.shop, self._draw)
        return Command(f"key-{sale}", "RingUpSale", ring_up(sale, self.store, self.terminal, sequence, goods))

    def _single(self) -> list[Entry]:
        return [Entry(self._sale(self._next_sequence))]

    def _batch(self) -> list[Entry]:
        self._batched = True
        entries = [Entry(self._sale(self._next_sequence + n)) for n in range(self._draw.randint(2, 25))]
        if self._draw.random() < 0.5:
            entries += self._receive()
        return entries

    def _double_in_batch(self) -> list[Entry]:
        self._batched = True
        entry = Entry(self._sale(self._next_sequence))
        return [entry, entry]

    def _wrong_total(self) -> list[Entry]:
        command = self._sale(self._next_sequence)
        command.body["expected_total"]["amount"] += 1
        return [Entry(command, must_reject="TOTAL_MISMATCH")]

    def _ahead(self) -> list[Entry]:
        return [Entry(self._sale(self._next_sequence + self._draw.randint(1, 9)), must_reject="TERMINAL_SEQUENCE_GAP")]

    def _behind(self) -> list[Entry]:
        if self._next_sequence == 1:
            return self._single()
        return [Entry(self._sale(self._draw.randrange(1, self._next_sequence)), must_reject="TERMINAL_SEQUENCE_FORK")]

    def _replay(self) -> list[Entry]:
        return [self._draw.choice(self._known)] if self._known else self._single()

    def _reuse_key(self) -> list[Entry]:
        keys = [entry.command.key for entry in self._known if not entry.again_of]
        if not keys:
            return self._single()
        command = self._sale(self._next_sequence)
        return [Entry(Command(self._draw.choice(keys), command.name, command.body),
                      must_reject="IDEMPOTENCY_KEY_REUSED")]

    def _same_content(self) -> list[Entry]:
        """A till that lost its keys: the client-made ids still prevent a double."""
        known = [entry.command for entry in self._known if not entry.again_of]
        if not known:
            return self._single()
        command = self._draw.choice(known)
        return [Entry(Command(f"key-{self._new_id()}-again", command.name, command.body), again_of=command.key)]

    def _known_sales(self) -> list[str]:
        return [entry.command.body["sale_id"] for entry in self._known if entry.command.name == "RingUpSale"]

    def _void_of(self, sale: str, must_reject: str = "") -> list[Entry]:
        """For a reason that no other void has: only _same_content() sends the same void again."""
        void = f"{self._new_id()}-void"
        return [Entry(Command(f"key-{void}", "VoidSale", {"sale_id": sale, "reason": f"wrong item, {void}"}),
                      must_reject=must_reject)]

    def _void(self) -> list[Entry]:
        sales = self._known_sales()
        return self._void_of(self._draw.choice(sales)) if sales else self._single()

    def _void_again(self) -> list[Entry]:
        voided = [entry.command.body["sale_id"] for entry in self._known if entry.command.name == "VoidSale"]
        return self._void_of(self._draw.choice(voided), "SALE_ALREADY_VOIDED") if voided else self._single()

    def _receive(self) -> list[Entry]:
        receipt = f"{self._new_id()}-receipt"
        lines = [{"sku": product.sku, "quantity": str(units)} for product, units in draw_goods(self.shop, self._draw)]
        return [Entry(Command(f"key-{receipt}", "ReceiveStock",
                              {"receipt_id": receipt, "store_id": self.store.id, "lines": lines}))]

    def _adjust(self) -> list[Entry]:
        adjustment = f"{self._new_id()}-adjust"
        return [Entry(Command(f"key-{adjustment}", "AdjustStock", {
            "adjustment_id": adjustment, "store_id": self.store.id, "sku": self._draw.choice(self.shop.products).sku,
            "delta": f"{self._draw.randint(1, 9)}.25", "reason": "FOUND"}))]

    def _send(self) -> bool:
        """True where everything that waited is settled."""
        url = self._url()
        if not url:
            return False
        self._api = self._api or Api(url, self._key)
        sent = time.monotonic()
        for entry in self._waiting:
            entry.first_sent = entry.first_sent or sent
        try:
            attempts = self._ask_batch(sent) if self._batched else [self._ask_one(sent)]
        except Unanswered:
            for entry in self._waiting:
                entry.unanswered += 1
            self._api = None
            return False
        for entry, attempt in zip(self._waiting, attempts, strict=True):
            entry.attempts.append(attempt)
        # Those behind an open one may have been refused only for its sake: they go again with it.
        settled = list(itertools.takewhile(lambda pair: pair[1].final, zip(self._waiting, attempts)))
        for entry, attempt in settled:
            self._settle(entry, attempt)
        self._waiting = self._waiting[len(settled):]
        return not self._waiting

    def _ask_one(self, sent: float) -> Attempt:
        assert self._api
        command = self._waiting[0].command
        answer = self._api.request("POST", ROUTES[command.name](command.body), command.body,
                                   {"Idempotency-Key": command.key})
        return Attempt(sent, time.monotonic(), answer.status, answer.json, answer.body, answer.replayed)

    def _ask_batch(self, sent: float) -> list[Attempt]:
        assert self._api
        answer = self._api.request("POST", "/v1/batch", {"commands": [e.command.item() for e in self._waiting]})
        answered = time.monotonic()
        if answer.status != 200:
            return [Attempt(sent, answered, answer.status, answer.json, None, None) for _ in self._waiting]
        return [Attempt(sent, answered, result["status"], result["body"], None, None)
                for result in answer.json["results"]]

    def _settle(self, entry: Entry, attempt: Attempt) -> None:
        if attempt.status >= 400:
            return
        if len(entry.accepted) == 1:
            self._known = [*self._known[1 - KNOWN_MOST:], entry]
        if entry.command.name == "RingUpSale":
            self._next_sequence = max(self._next_sequence, entry.command.body["terminal_seq"] + 1)
