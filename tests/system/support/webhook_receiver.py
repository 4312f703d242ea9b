"""A partner's receiver of webhooks as a child process: it verifies by a package from npm, keeps every request, and
answers as it is told."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import urllib.request
from dataclasses import dataclass
from typing import Any

from support.check import Failed, Skipped, check, eventually
from support.child import Child

START_TIMEOUT_S = 30.0
CONTROL_TIMEOUT_S = 30.0
ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "tests" / "partners" / "webhook_receiver.mjs"
PACKAGES = ROOT / "build" / "partners" / "node_modules"


@dataclass(frozen=True)
class Delivery:
    """One request as it came in. `secret` is the index of the one that fits, -1 where none does."""

    id: str
    timestamp: str
    verified: bool
    secret: int
    error: str
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: str
    status: int  # that it was answered with
    at: float  # seconds since 1970

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class WebhookReceiver:
    """Skipped where Node or the packages are missing. World.webhook_receiver() makes one that ends with the test."""

    def __init__(self, folder: pathlib.Path, *secrets: str, now: int | None = None) -> None:
        """`now`: the clock that timestamps are held against, seconds since 1970."""
        if not shutil.which("node"):
            raise Skipped("node is not installed")
        if not PACKAGES.is_dir():
            raise Skipped("the packages of partners are not installed: ops/test installs them where npm is")
        folder.mkdir(parents=True, exist_ok=True)
        self._secrets, self._store, self._output = folder / "secrets", folder / "requests", folder / "log"
        self.port = 0
        self.use_secrets(*secrets)
        clock = [] if now is None else ["--now", str(now)]
        files = ["--secrets", str(self._secrets), "--store", str(self._store)]
        self._child = Child(["node", str(PROGRAM), *files, *clock], self._output)
        eventually(self._told, START_TIMEOUT_S, f"the receiver of webhooks starts; see {self._output}")

    def _told(self) -> bool:
        text = self._output.read_text(errors="replace")
        if not self._child.running:
            raise Failed(f"the receiver of webhooks ended: {text[-1500:]}")
        for line in text.splitlines(keepends=True):
            if line.startswith("ready ") and line.endswith("\n"):
                self.port = int(line.split()[1])
        return bool(self.port)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def use_secrets(self, *secrets: str) -> None:
        """From the next request on; each of them is tried, as during a rotation."""
        new = self._secrets.with_suffix(".new")
        new.write_text("".join(f"{secret}\n" for secret in secrets))
        os.replace(new, self._secrets)

    def control(self, path: str | None = None, **change: Any) -> None:
        """status, location, delay_s, fail_first: of requests to `path`, or to every path that has none of its own."""
        body = change if path is None else change | {"path": path}
        request = urllib.request.Request(self.url("/control"), json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=CONTROL_TIMEOUT_S) as answer:
            check(answer.status == 200, f"the receiver does not take {body}")

    def deliveries(self, path: str | None = None) -> list[Delivery]:
        """All so far, in the order of their coming; with a path those to it."""
        if not self._store.exists():
            return []
        lines = self._store.read_text(encoding="utf-8").splitlines(keepends=True)
        all_of_them = [Delivery(**json.loads(line)) for line in lines if line.endswith("\n")]
        return [one for one in all_of_them if path is None or one.path == path]

    def wait_for(self, count: int, timeout_s: float, path: str | None = None) -> list[Delivery]:
        """At least so many."""
        eventually(lambda: len(self.deliveries(path)) >= count, timeout_s, f"{count} webhooks arrive")
        return self.deliveries(path)

    def close(self) -> None:
        self._child.close()
