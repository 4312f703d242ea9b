"""A receiver of webhooks that keeps what it was told, answers as it is told, and can be killed and started again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any

from support.check import Failed, eventually
from support.child import Child, free_port

START_TIMEOUT_S = 30.0
PROGRAM = pathlib.Path(__file__).resolve().parent / "hook_receiver.py"
CLOCK_SLACK_S = 300


@dataclass(frozen=True)
class Told:
    """One request that was answered with a 2xx."""
    path: str
    id: str
    timestamp: int
    signature: str
    body: str
    at: float  # unix seconds of its arrival

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.timestamp}.{self.body}".encode()
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return wanted in self.signature.split(" ") and abs(self.timestamp - self.at) < CLOCK_SLACK_S


class Hooks:
    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(exist_ok=True)
        self._store = folder / "told"
        self._output = folder / "log"
        self.port = free_port()
        self._child: Child | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._child = Child([sys.executable, str(PROGRAM), str(self.port), str(self._store)], self._output)
        eventually(self._answers, START_TIMEOUT_S, f"the receiver of webhooks starts; see {self._output}")

    def _answers(self) -> bool:
        if not self._child or not self._child.running:
            raise Failed(f"the receiver of webhooks ended: {self._output.read_text(errors='replace')[-1500:]}")
        try:
            self.behave("/none", status=200)
        except OSError:
            return False
        return True

    def behave(self, path: str, status: int = 200, delay_s: float = 0.0) -> None:
        """How requests to this path are answered from now on; a new process answers 200 at once."""
        body = json.dumps({"path": path, "status": status, "delay_s": delay_s}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/control", body), timeout=10).read()

    def told(self, path: str = "") -> list[Told]:
        if not self._store.exists():
            return []
        lines = self._store.read_text().split("\n")[:-1]  # the last one may be on its way
        told = [Told(**json.loads(line)) for line in lines if line.startswith("{") and line.endswith("}")]
        return [one for one in told if not path or one.path == path]

    def kill(self) -> None:
        if self._child:
            self._child.close()

    close = kill
