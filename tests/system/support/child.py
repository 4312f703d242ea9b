"""A child process of the suite that never outlives it."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess

KILL_TIMEOUT_S = 60.0
DIE_WITH_PARENT = ["setpriv", "--pdeathsig=KILL", "--"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Child:
    """Start it from the main thread: the kernel ends it together with the thread that started it."""

    def __init__(self, command: list[str], log: pathlib.Path) -> None:
        with open(log, "ab") as output:
            self.process = subprocess.Popen([*DIE_WITH_PARENT, *command], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        if self.running:
            os.kill(self.process.pid, number)

    def end(self, number: int, timeout_s: float = KILL_TIMEOUT_S) -> int:
        """Sends the signal and waits; the exit status. TimeoutExpired where it stays."""
        self.signal(number)
        return self.process.wait(timeout_s)

    def close(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait(KILL_TIMEOUT_S)
