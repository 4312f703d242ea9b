"""A private nats-server with JetStream."""

from __future__ import annotations

import pathlib
import shutil
import signal

from support.check import Failed, Skipped, eventually
from support.child import Child, accepts, free_port

START_TIMEOUT_S = 30.0


class NatsServer:
    """Skipped where it is not installed."""

    def __init__(self, folder: pathlib.Path) -> None:
        if not shutil.which("nats-server"):
            raise Skipped("nats-server is not installed")
        self.folder = folder
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._child = Child(["nats-server", "--addr", "127.0.0.1", "--port", str(self.port), "--jetstream",
                             "--store_dir", str(self.folder / "store")], self.folder / "log")
        eventually(self._accepts, START_TIMEOUT_S, f"nats-server starts; see {self.folder}/log")

    def _accepts(self) -> bool:
        if not self._child.running:
            raise Failed(f"nats-server ended: {(self.folder / 'log').read_text(errors='replace')[-1500:]}")
        return accepts(self.port)

    def stop(self) -> None:
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        self._child.end(signal.SIGKILL)

    def wipe(self) -> None:
        """Everything that JetStream kept; only while the server is down."""
        shutil.rmtree(self.folder / "store")

    def close(self) -> None:
        self._child.close()

    def services(self) -> str:
        return f'[nats]\nurl = "{self.url}"\n'
