"""What the process of a server holds."""

from __future__ import annotations

import json
import pathlib
import re

from support.check import PATIENCE_S, check
from support.http_client import Api
from support.program import Till

SANITIZER_SHARE = 4  # a sanitizer's build needs so much more for the same
SANITIZER_BYTES = 512 << 20  # and keeps so much of what was freed


class Meter:
    """What the server's process holds, and what it says of itself."""

    def __init__(self, till: Till) -> None:
        self._process = pathlib.Path("/proc") / str(till.pid)
        self._admin = Api(json.loads((till.data / "serve.json").read_text())["admin_url"], "", PATIENCE_S)
        self.connections()  # keeps the connection that it asks on
        self._sanitized = self._status("VmSize") > 1 << 40  # the shadow of all memory

    def _status(self, name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB$", (self._process / "status").read_text(), re.M)
        assert found
        return int(found[1]) << 10

    def memory(self) -> int:
        return self._status("VmRSS")

    def peak(self) -> int:
        return self._status("VmHWM")

    def check_peak(self, before: int, more: int, what: str) -> None:
        """Never more than `more` bytes above `before`, in the measure of this build."""
        most = before + (more * SANITIZER_SHARE + SANITIZER_BYTES if self._sanitized else more)
        check(self.peak() <= most, f"{what}: the server took {self.peak()} bytes of memory, more than {most}")

    def files(self) -> tuple[int, int]:
        """Sockets, and others."""
        links = [file.readlink() for file in (self._process / "fd").iterdir() if file.is_symlink()]
        sockets = sum(str(link).startswith("socket:") for link in links)
        return sockets, len(links) - sockets

    def metric(self, name: str) -> int:
        found = re.search(rf"^{name} (\d+)$", self._admin.get("/metrics").body.decode(), re.M)
        check(found, f"no metric {name}")
        assert found
        return int(found[1])

    def connections(self) -> int:
        return self.metric("till_http_open_connections")
