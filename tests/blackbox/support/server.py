"""Starts and stops the program under test as its users do, and looks at what it leaves behind."""

from __future__ import annotations

import os
import pathlib
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILT_BY_UP = ROOT / "build" / "release" / "ops" / "till"
READY_TIMEOUT_S = 600.0
BUILD_TIMEOUT_S = 3600.0  # ops/up builds first where nothing is built yet
STOP_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Stopped:
    status: int
    children: list[str]  # command lines of what was left
    up_json_left: bool


class StartFailed(Exception):
    pass


class Server:
    """`up` for one data folder. Its process and everything below it share a session of their own."""

    def __init__(self, data: pathlib.Path, binary: pathlib.Path | None) -> None:
        self.data = data
        self.up_json = data / "up.json"
        self.log = data.parent / (data.name + ".stderr")
        start = [str(binary), "up"] if binary else [str(ROOT / "ops" / "up"), "--no-install"]
        self._timeout_s = READY_TIMEOUT_S if binary else BUILD_TIMEOUT_S
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen([*start, "--data", str(data), "--port", "0"], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=errors, start_new_session=True, text=True)

    def wait_ready(self) -> str:
        """The URL of the `ready` line; StartFailed where it does not come."""
        output = self.process.stdout
        assert output
        deadline = time.monotonic() + self._timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    break
                line = output.readline()
                if not line:
                    status = self.process.wait(STOP_TIMEOUT_S)
                    raise StartFailed(f"ended with status {status}: {self.log.read_text(errors='replace')[-2000:]}")
                if line.startswith("ready "):
                    return line.removeprefix("ready ").strip()
        raise StartFailed(f"no `ready URL` within {self._timeout_s:.0f} s")

    def stop(self, number: int = signal.SIGTERM) -> Stopped:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
        left = [line for pid, line in self._descendants()]
        stopped = Stopped(status, left, self.up_json.exists())
        self.kill()
        return stopped

    def kill(self) -> None:
        """Ends whatever is left, so that a failed run leaves no process either."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid, _ in self._descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process.stdout:
            self.process.stdout.close()

    def _descendants(self) -> list[tuple[int, str]]:
        """Processes of the session, and those that name the data folder."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z" and (int(session) == self.process.pid or str(self.data) + "/" in line):
                found.append((int(entry.name), line))
        return found
