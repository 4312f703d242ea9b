"""The made-up card gateway as a child process, and what it was asked."""

from __future__ import annotations

import json
import pathlib
import sys
from dataclasses import dataclass
from typing import Any

from support.check import Failed, eventually
from support.child import Child

START_TIMEOUT_S = 30.0
SIMULATOR = pathlib.Path(__file__).resolve().parent / "gateway_simulator.py"


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `did` as gateway_simulator.py tells."""
    key: str
    body: Any
    first: bool
    did: str


class CardGateway:
    def __init__(self, folder: pathlib.Path, late_s: float = 20.0) -> None:
        self.requests = folder / "requests"
        self._output = folder / "log"
        self.port = 0
        self._child = Child([sys.executable, str(SIMULATOR), str(self.requests), "--late-s", str(late_s)], self._output)
        eventually(self._told, START_TIMEOUT_S, f"the card gateway starts; see {self._output}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _told(self) -> bool:
        if not self._child.running:
            raise Failed(f"the card gateway ended: {self._output.read_text(errors='replace')[-1500:]}")
        lines = self._output.read_text().splitlines()
        if not lines:
            return False
        self.port = int(lines[0])
        return True

    def asked(self) -> list[Asked]:
        if not self.requests.exists():
            return []
        return [Asked(**json.loads(line)) for line in self.requests.read_text().splitlines()]

    def close(self) -> None:
        self._child.close()
