"""The program under test: its server for one data folder, and its subcommands."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from support.check import Failed, check, equal, eventually
from support.child import DIE_WITH_PARENT, Child
from support.http_client import Api, Unanswered

READY_TIMEOUT_S = 120.0
COMMAND_TIMEOUT_S = 600.0
CATCH_UP_TIMEOUT_S = 120.0
SANITIZER_WORDS = ("Sanitizer:", "runtime error:", "assertion failed")


def check_no_bug(text: str, where: str) -> None:
    """Bugs that a sanitizer or an assertion has seen."""
    for word in SANITIZER_WORDS:
        at = text.find(word)
        check(at < 0, f"{where} tells a bug: {text[max(0, at - 200):at + 1500]}")


@dataclass(frozen=True)
class Done:
    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)

    def __str__(self) -> str:
        return f"status {self.status}: {(self.output + self.errors)[-1500:]}"


class Till:
    """A data folder. `start` needs the main thread; the rest is thread safe."""

    def __init__(self, program: pathlib.Path, data: pathlib.Path, services: str = "") -> None:
        self.program = program
        self.data = data
        self.server_log = data.parent / (data.name + ".log")
        self._services = data.parent / (data.name + "-services.toml")
        self._services.write_text(services)
        self._server: Child | None = None
        self.url = ""

    def use_services(self, services: str) -> None:
        """From the next start on."""
        self._services.write_text(services)

    def run(self, *words: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Done:
        """`till WORDS --data DIR --output json`."""
        done = subprocess.run([str(self.program), *words, "--data", str(self.data), "--output", "json"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False)
        check_no_bug(done.stderr, f"till {' '.join(words)}")
        return Done(done.returncode, done.stdout, done.stderr)

    def launch(self, *words: str) -> subprocess.Popen[bytes]:
        """The same without waiting; its output is dropped."""
        return subprocess.Popen([*DIE_WITH_PARENT, str(self.program), *words, "--data", str(self.data)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def worker(self, *words: str) -> subprocess.Popen[bytes]:
        """The same for one that works beside the server and with its services."""
        with open(self.server_log, "ab") as log:
            return subprocess.Popen([*DIE_WITH_PARENT, str(self.program), *words, "--services", str(self._services),
                                     "--data", str(self.data)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ask(self, *words: str) -> Any:
        """The document that a subcommand prints; it must succeed."""
        done = self.run(*words)
        equal(done.status, 0, f"till {' '.join(words)} ({done})")
        return done.json

    def init(self) -> None:
        self.ask("init")

    def try_start(self) -> int | None:
        """None when the server is ready, its exit status where it ends before."""
        (self.data / "serve.json").unlink(missing_ok=True)
        self._server = Child([str(self.program), "serve", "--data", str(self.data), "--port", "0",
                              "--services", str(self._services)], self.server_log)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while self._server.running:
            if self._ready():
                return None
            check(time.monotonic() < deadline, f"the server is not ready in time: {self.tail()}")
            time.sleep(0.02)
        return self._server.process.returncode

    def start(self) -> None:
        status = self.try_start()
        check(status is None, f"the server does not start: status {status}: {self.tail()}")

    def _ready(self) -> bool:
        try:
            address = json.loads((self.data / "serve.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        self.url = address["url"]
        api = Api(self.url, "", timeout_s=5)
        try:
            return api.get("/readyz").status == 200
        except Unanswered:
            return False
        finally:
            api.close()

    def tail(self) -> str:
        return self.server_log.read_text(errors="replace")[-1500:] if self.server_log.exists() else ""

    def check_no_bug(self) -> None:
        if self.server_log.exists():
            check_no_bug(self.server_log.read_text(errors="replace"), f"the server of {self.data.name}")

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    @property
    def pid(self) -> int:
        assert self._server
        return self._server.process.pid

    def kill(self) -> None:
        assert self._server
        self._server.end(signal.SIGKILL)

    def terminate(self) -> None:
        """Sends SIGTERM and returns at once."""
        assert self._server
        self._server.signal(signal.SIGTERM)

    def wait_stopped(self, timeout_s: float = COMMAND_TIMEOUT_S) -> int:
        assert self._server
        return self._server.process.wait(timeout_s)

    def stop(self) -> None:
        self.terminate()
        equal(self.wait_stopped(), 0, f"exit status after SIGTERM ({self.tail()})")

    def close(self) -> None:
        if self._server:
            self._server.close()

    def add_tenant(self, tenant: str) -> str:
        """Makes a tenant; a manager's key of it."""
        self.ask("tenant", "add", tenant)
        return self.add_key(tenant, "manager")

    def add_key(self, tenant: str, scope: str) -> str:
        return str(self.ask("key", "add", "--tenant", tenant, "--scope", scope)["key"])

    def key_file(self, key: str) -> pathlib.Path:
        path = self.data.parent / f"key-{key.split('_')[1]}"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(key)
        return path

    def records(self, first: int = 1) -> list[dict[str, Any]]:
        """Every record from number `first` on."""
        return list(self.ask("log", "show", str(first), "--count", "1000000000"))

    def views(self) -> dict[str, dict[str, Any]]:
        return {view["view"]: view for view in self.ask("views", "list")}

    def wait_caught_up(self, view: str, timeout_s: float = CATCH_UP_TIMEOUT_S) -> None:
        """Only meant where nothing is written meanwhile."""
        def caught_up() -> bool:
            seen = self.views()[view]
            if seen["state"] == "stopped":
                raise Failed(f"view {view} has stopped: {seen}")
            return bool(seen["lag"] == 0 and seen["state"] == "running")
        eventually(caught_up, timeout_s, f"view {view} reaches the head", every_s=0.2)

    def verify(self, *views: str) -> None:
        """The log is good, and so are the views, at the head."""
        done = self.run("log", "verify")
        check(done.status == 0 and done.json["ok"], f"till log verify: {done}")
        for view in views:
            self.wait_caught_up(view)
        done = self.run("views", "verify")
        check(done.status == 0 and done.json["equal"], f"till views verify: {done}")
        equal({one["view"] for one in done.json["views"]}, set(views), "verified views")
