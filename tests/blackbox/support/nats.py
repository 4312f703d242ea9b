"""The NATS client protocol over a socket: enough to ask JetStream and to read a stream by an ephemeral consumer."""

from __future__ import annotations

import json
import socket
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Message:
    subject: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Nats:
    def __init__(self, url: str, timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout_s)
        self._input = self._socket.makefile("rb")
        self.inbox = f"_INBOX.{uuid.uuid4().hex}"
        self._waiting: deque[Message] = deque()  # came while something else was waited for
        self._pongs_due = 1
        self._input.readline()  # INFO
        connect: dict[str, Any] = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
        if parts.username:
            connect |= {"user": parts.username, "pass": parts.password or ""}
        self._write(f"CONNECT {json.dumps(connect)}\r\nSUB {self.inbox}.* 1\r\nPING\r\n")

    def close(self) -> None:
        self._input.close()
        self._socket.close()

    def _write(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def next(self) -> Message:
        """The next message of any subscription; TimeoutError where none comes."""
        return self._waiting.popleft() if self._waiting else self._read()

    def _read(self) -> Message:
        while not (message := self._read_one()):
            pass
        return message

    def _read_one(self) -> Message | None:
        """None at the answer to a PING."""
        while True:
            line = self._input.readline().decode().rstrip("\r\n")
            if line == "PING":
                self._write("PONG\r\n")
            elif line == "PONG":
                self._pongs_due -= 1
                return None
            elif line.startswith("-ERR") or not line:
                raise ConnectionError(f"nats: {line or 'connection closed'}")
            elif line.startswith(("MSG ", "HMSG ")):
                words = line.split(" ")
                total = int(words[-1])
                head = int(words[-2]) if words[0] == "HMSG" else 0
                data = self._input.read(total + 2)[:total]
                lines = data[:head].decode().split("\r\n")[1:]
                headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines) if name}
                return Message(words[1], headers, data[head:])

    def attempt(self, *commands: str) -> None:
        """Lines of the protocol, or none to see that the server is there; ConnectionError where it refuses."""
        self._write("".join(f"{command}\r\n" for command in (*commands, "PING")))
        self._pongs_due += 1
        while self._pongs_due:
            if message := self._read_one():
                self._waiting.append(message)

    def ask(self, subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request to JetStream's API and its answer."""
        data = json.dumps(body) if body else ""
        reply = f"{self.inbox}.{uuid.uuid4().hex}"
        self._write(f"PUB $JS.API.{subject} {reply} {len(data)}\r\n{data}\r\n")
        while True:
            message = self._read()
            if message.subject != reply:
                self._waiting.append(message)
                continue
            answer = json.loads(message.body)
            if "error" in answer:
                raise ConnectionError(f"{subject}: {answer['error']}")
            return answer

    def consume(self, stream: str, subjects: str, start_sequence: int) -> None:
        """An ephemeral consumer whose messages come by `next`."""
        deliver = f"_TILL.{uuid.uuid4().hex}"
        self._write(f"SUB {deliver} 2\r\n")
        self.ask(f"CONSUMER.CREATE.{stream}", {
            "stream_name": stream,
            "config": {"deliver_subject": deliver, "filter_subject": subjects, "ack_policy": "none",
                       "deliver_policy": "by_start_sequence", "opt_start_seq": start_sequence}})
