"""A mail server as a child process that can be killed and started again, and what it has taken."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from support.check import Failed, Skipped, eventually
from support.child import Child, accepts, free_port

START_TIMEOUT_S = 30.0
PYTHON = "/usr/bin/python3"  # Debian's own: python3-aiosmtpd is for it
PROGRAM = pathlib.Path(__file__).resolve().parent / "smtp_server.py"
NOT_INSTALLED = 77


class MailServer:
    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(exist_ok=True)
        self._store = folder / "taken"
        self._output = folder / "log"
        self.port = free_port()
        self._child: Child | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        self._child = Child([PYTHON, str(PROGRAM), "--store", str(self._store), "--port", str(self.port), *options],
                            self._output)
        eventually(self._answers, START_TIMEOUT_S, f"the mail server starts; see {self._output}")

    def _answers(self) -> bool:
        assert self._child
        if not self._child.running:
            if self._child.process.returncode == NOT_INSTALLED:
                raise Skipped("python3-aiosmtpd is not installed")
            raise Failed(f"the mail server ended: {self._output.read_text(errors='replace')[-1500:]}")
        return accepts(self.port)

    def taken(self) -> list[dict[str, Any]]:
        if not self._store.exists():
            return []
        return [json.loads(line) for line in self._store.read_text().split("\n")[:-1] if line.endswith("}")]

    def kill(self) -> None:
        if self._child:
            self._child.close()

    close = kill
