"""The tills of a shop, all at once."""

from __future__ import annotations

import random

from support.cashier import Cashier
from support.check import check
from support.journal import Journal
from support.program import Till
from support.shop import Shop

FINISH_TIMEOUT_S = 120.0


class Crowd:
    """The cashiers of a shop and the server that they all talk to."""

    def __init__(self, till: Till, shop: Shop, key: str, draw: random.Random, pace_s: float = 0.0) -> None:
        self.journal = Journal()
        self.url = ""
        self.cashiers = [Cashier(shop, store, terminal, key, lambda: self.url, self.journal,
                                 random.Random(draw.random()), pace_s)
                         for store in shop.stores for terminal in store.terminals]
        self._till = till

    def open(self) -> None:
        self.url = self._till.url
        for cashier in self.cashiers:
            if cashier.ident is None:
                cashier.start()

    def close(self) -> None:
        self.url = ""

    def check_alive(self) -> None:
        for cashier in self.cashiers:
            check(cashier.trouble is None, f"{cashier.name}: {cashier.trouble!r}")

    def finish(self) -> None:
        for cashier in self.cashiers:
            cashier.finish()
        for cashier in self.cashiers:
            cashier.join(FINISH_TIMEOUT_S)
            check(not cashier.is_alive(), f"{cashier.name} still waits for an answer")
        self.check_alive()
