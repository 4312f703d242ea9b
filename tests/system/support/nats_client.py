"""The NATS client protocol over a socket: enough to ask JetStream and to read a whole stream in order."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

FETCH_MOST = 1000
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Message:
    subject: str
    reply: str
    headers: dict[str, str]
    body: bytes

    @property
    def status(self) -> str:
        """Set in messages of the server about a fetch, as `408`."""
        return self.headers.get("", "")

    @property
    def id(self) -> str:
        return self.headers.get("Nats-Msg-Id", "")


class NatsClient:
    """One connection, one thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S)
        self._input = self._socket.makefile("rb", buffering=1 << 20)
        self._inbox = f"_INBOX.{uuid.uuid4().hex}"
        self._input.readline()  # INFO
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
        self._write(f"CONNECT {json.dumps(options)}\r\nSUB {self._inbox}.* 1\r\n")

    def close(self) -> None:
        self._input.close()
        self._socket.close()

    def _write(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def _publish(self, subject: str, reply: str, body: dict[str, Any]) -> None:
        data = json.dumps(body)
        self._write(f"PUB {subject} {reply} {len(data.encode())}\r\n{data}\r\n")

    def _next(self) -> Message:
        while True:
            line = self._input.readline().decode().rstrip("\r\n")
            if line == "PING":
                self._write("PONG\r\n")
            elif line.startswith("-ERR") or not line:
                raise ConnectionError(f"nats: {line or 'connection closed'}")
            elif line.startswith(("MSG ", "HMSG ")):
                return self._read_message(line.split())

    def _read_message(self, words: list[str]) -> Message:
        with_headers = words[0] == "HMSG"
        total = int(words[-1])
        head = int(words[-2]) if with_headers else 0
        reply = words[3] if len(words) == (6 if with_headers else 5) else ""
        data = self._input.read(total + 2)[:total]
        lines = data[:head].decode().split("\r\n")
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name}
        if lines[0].startswith("NATS/1.0 "):
            headers[""] = lines[0].split()[1]
        return Message(words[1], reply, headers, data[head:])

    def ask(self, subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request to JetStream's API. ConnectionError where it answers an error or is not there."""
        reply = f"{self._inbox}.{uuid.uuid4().hex}"
        self._publish(f"$JS.API.{subject}", reply, body or {})
        while True:
            message = self._next()
            if message.subject != reply:
                continue
            if message.status:
                raise ConnectionError(f"{subject}: status {message.status}")
            answer = json.loads(message.body)
            if "error" in answer:
                raise ConnectionError(f"{subject}: {answer['error']}")
            return answer

    def last_sequence(self, stream: str) -> int:
        return int(self.ask(f"STREAM.INFO.{stream}")["state"]["last_seq"])

    def read_all(self, stream: str) -> Iterator[Message]:
        """Every message that the stream holds now, in its order."""
        left = int(self.ask(f"STREAM.INFO.{stream}")["state"]["messages"])
        created = self.ask(f"CONSUMER.CREATE.{stream}", {
            "stream_name": stream, "config": {"ack_policy": "none", "deliver_policy": "all", "max_waiting": 8}})
        fetch = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{created['name']}"
        while left > 0:
            reply = f"{self._inbox}.{uuid.uuid4().hex}"
            wanted = min(left, FETCH_MOST)
            self._publish(fetch, reply, {"batch": wanted, "expires": int(TIMEOUT_S * 5e8)})
            for _ in range(wanted):
                message = self._next()
                if message.status:
                    raise ConnectionError(f"the stream ends {left} messages early: status {message.status}")
                left -= 1
                yield message
