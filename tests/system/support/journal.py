"""What clients asked and every answer that they ever got."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from support.shop import Command


@dataclass(frozen=True)
class Attempt:
    sent: float  # seconds of the monotonic clock
    answered: float
    status: int
    body: Any
    raw: bytes | None  # None inside a batch
    replayed: bool | None  # likewise

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if self.status >= 400 else ""

    @property
    def final(self) -> bool:
        """Whether it decides the command; a retryable problem leaves it open."""
        return self.status < 400 or not self.body["retryable"]

    @property
    def content(self) -> str:
        return json.dumps(self.body, sort_keys=True)


@dataclass
class Entry:
    """A command under one key, as sent at first and again until it was answered."""

    command: Command
    must_reject: str = ""  # the only code that is right, where one is known
    again_of: str = ""  # key of the accepted command whose content this is
    first_sent: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    unanswered: int = 0

    @property
    def accepted(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.status < 400]

    @property
    def settled(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].final


class Journal:
    """Thread safe to add to; the entries themselves belong to the client that made them until all clients ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entries: list[Entry] = []

    def add(self, entries: list[Entry]) -> None:
        with self._lock:
            self.entries.extend(entries)

    def count_accepted(self) -> int:
        with self._lock:
            return sum(1 for entry in self.entries if entry.accepted)
