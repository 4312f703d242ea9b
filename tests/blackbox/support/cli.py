"""The program's command line."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit {self.status}, stdout {self.out[:500]!r}, stderr {self.err[-500:]!r}"


class Cli:
    def __init__(self, binary: pathlib.Path, data: pathlib.Path) -> None:
        self.binary, self.data = binary, data

    def run(self, *arguments: str, data: pathlib.Path | None = None, timeout_s: float = TIMEOUT_S,
            **environment: str) -> Result:
        """TimeoutExpired where it does not end in time; it is killed then."""
        done = subprocess.run([str(self.binary), "--data", str(data or self.data), *arguments], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=timeout_s, check=False,
                              env=os.environ | environment)
        return Result(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        """The document of a run that must succeed."""
        result = self.run("--output", "json", *arguments)
        if result.status != 0:
            raise AssertionError(f"till {' '.join(arguments)}: {result}")
        return result.json

    def add_key(self, tenant: str, scope: str, terminal: str | None = None) -> str:
        bound = ["--terminal", terminal] if terminal else []
        return self.json("key", "add", "--tenant", tenant, "--scope", scope, *bound)["key"]
