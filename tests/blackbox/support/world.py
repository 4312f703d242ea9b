"""What one run of the suite shares: the server under test, its description and the ids nobody else uses."""

from __future__ import annotations

import datetime
import itertools
import json
import pathlib
import random
from dataclasses import dataclass, field
from typing import Any

from support.cli import Cli
from support.client import Api
from support.server import Server

DAYS_RESERVED = 5


@dataclass
class World:
    seed: str
    up: dict[str, Any]
    data: pathlib.Path
    binary: pathlib.Path | None
    server: Server | None  # None where the server was running before
    scratch: pathlib.Path
    full: bool = False
    ready_url: str = ""
    random: random.Random = field(init=False)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _days: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def unique(self, kind: str) -> str:
        return f"{kind}-{self.seed}-{next(self._numbers)}"

    def quiet_day(self) -> datetime.date:
        """The first of five days of the past on which nobody else has sold anything."""
        while (day := self.random.randrange(2_000)) in self._days:
            pass
        self._days.add(day)
        return datetime.date(1990, 1, 1) + datetime.timedelta(days=day * DAYS_RESERVED)

    def api(self, scope: str = "manager") -> Api:
        return Api(self.up["url"], self.up["keys"][scope])

    def cli(self) -> Cli | None:
        return Cli(self.binary, self.data) if self.binary and self.binary.exists() else None


_world: World | None = None


def set_world(world: World) -> None:
    global _world
    _world = world


def world() -> World:
    assert _world, "start the suite with tests/blackbox/run"
    return _world


def load_up(path: pathlib.Path) -> dict[str, Any]:
    return json.loads(path.read_text())
