"""Raw connections by the thousand, on one thread: strangers, slow clients, readers that do not read."""

from __future__ import annotations

import collections
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from support.check import PATIENCE_S, check
from support.http_client import Answer

SOURCES = 8  # 127.0.0.2 and on: ports enough
BIND_ADDRESS_NO_PORT = 24  # a number that Python has no name for


class Guest:
    """One raw connection that is not a till's."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.waiting: collections.deque[memoryview] = collections.deque()
        self.received = bytearray()
        self.ended = False   # by the server
        self.answered = 0.0  # when the first of it came
        self.deaf = False    # does not read

    def answers(self) -> list[Answer]:
        """Those that came whole."""
        found, rest = [], bytes(self.received)
        while b"\r\n\r\n" in rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            status, *fields = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                break
            found.append(Answer(int(status.split()[1]), rest[:length], headers))
            rest = rest[length:]
        return found


class Throng:
    """Guests of one server, all on the thread that calls."""

    def __init__(self, url: str) -> None:
        host, _, port = urlsplit(url).netloc.rpartition(":")
        self._address = (host, int(port))
        self._poll = select.epoll()
        self._guests: dict[int, Guest] = {}

    def open(self, count: int, receive_bytes: int = 0) -> list[Guest]:
        guests = []
        for number in range(count):
            peer = socket.socket()
            try:
                peer.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
                if receive_bytes:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
                peer.bind((f"127.0.0.{2 + number % SOURCES}", 0))
                peer.settimeout(PATIENCE_S)
                peer.connect(self._address)
                peer.setblocking(False)
            except OSError:
                peer.close()
                raise
            guests.append(Guest(peer))
            self._guests[peer.fileno()] = guests[-1]
            self._poll.register(peer, select.EPOLLIN)
        return guests

    def send(self, guest: Guest, *parts: bytes | memoryview) -> None:
        """As much as the kernel takes; the rest goes while the throng turns."""
        if not guest.ended:
            guest.waiting.extend(memoryview(part) for part in parts)
            self._write(guest)

    def turn(self, timeout_s: float = 0.05) -> None:
        for number, events in self._poll.poll(timeout_s, 4096):
            guest = self._guests[number]
            if events & select.EPOLLOUT:
                self._write(guest)
            if events & ~select.EPOLLOUT:
                self._read(guest)

    def turn_until(self, look: Callable[[], Any], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not look():
            check(time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}")
            self.turn()

    def set_deaf(self, guest: Guest, deaf: bool) -> None:
        guest.deaf = deaf
        if not guest.ended:
            self._watch(guest)

    def _watch(self, guest: Guest) -> None:
        self._poll.modify(guest.peer, (0 if guest.deaf else select.EPOLLIN) |
                          (select.EPOLLOUT if guest.waiting else 0))

    def _write(self, guest: Guest) -> None:
        try:
            while guest.waiting:
                sent = guest.peer.send(guest.waiting[0])
                guest.waiting[0] = guest.waiting[0][sent:]
                if not guest.waiting[0]:
                    guest.waiting.popleft()
        except BlockingIOError:
            pass
        except OSError:
            guest.waiting.clear()  # what the server said before it closed is still to be read
        self._watch(guest)

    def _read(self, guest: Guest) -> None:
        try:
            while data := guest.peer.recv(256 << 10):
                guest.received += data
                guest.answered = guest.answered or time.monotonic()
        except BlockingIOError:
            return
        except OSError:
            pass
        guest.ended = True
        guest.answered = guest.answered or time.monotonic()
        self.leave(guest)

    def leave(self, guest: Guest, abruptly: bool = False) -> None:
        if self._guests.pop(guest.peer.fileno(), None) is None:
            return
        if abruptly:
            guest.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._poll.unregister(guest.peer)
        guest.peer.close()

    def leave_all(self) -> None:
        """Every other one with a reset."""
        for number, guest in enumerate(list(self._guests.values())):
            self.leave(guest, abruptly=number % 2 == 0)

    def close(self) -> None:
        self.leave_all()
        self._poll.close()


@contextmanager
def throng_at(url: str) -> Iterator[Throng]:
    throng = Throng(url)
    try:
        yield throng
    finally:
        throng.close()
