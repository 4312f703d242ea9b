"""Programs of partners, run by Node with packages that ops/test installs: tests/partners."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / "tests" / "partners"
PACKAGES = ROOT / "build" / "partners" / "node_modules"
PATIENCE_S = 30
TIMEOUT_S = 180.0


def missing() -> str:
    """Why no program of a partner can run; empty where they can."""
    if not shutil.which("node"):
        return "node is not installed"
    if not PACKAGES.is_dir():
        return "the packages of partners are not installed: ops/test installs them where npm is"
    return ""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", str(PROGRAMS / program), *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False)


@dataclass(frozen=True)
class Read:
    status: int
    lines: list[dict[str, Any]]
    error: str

    def __str__(self) -> str:
        return f"exit {self.status}, {len(self.lines)} messages, error {self.error!r}"


@dataclass(frozen=True)
class Subscriber:
    """What `till subscribers add` has told."""

    tenant: str
    name: str
    user: str
    password: str
    server: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> Subscriber:
        return cls(*(told[name] for name in ("tenant", "name", "user", "password", "server")))

    @property
    def url(self) -> str:
        return f"nats://{self.user}:{self.password}@{self.server}"

    def read(self, count: int, *, seconds: int = PATIENCE_S, **options: str) -> Read:
        """By subscribe.mjs; `options` as it takes them."""
        more = [word for name, value in options.items() for word in (f"--{name}", value)]
        done = run("subscribe.mjs", "--server", self.server, "--user", self.user, "--password", self.password,
                   "--count", str(count), "--seconds", str(seconds), *more)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        error = lines.pop()["error"] if lines and "error" in lines[-1] else done.stderr[-1000:]
        return Read(done.returncode, lines, error)
