"""A plain HTTP client of the API: it sends what it is told, also what is wrong, and shows what came back."""

from __future__ import annotations

import http.client
import json
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60.0
JSON = "application/json"
PROTOBUF = "application/x-protobuf"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def position(self) -> str:
        return self.json["position"]

    def __str__(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:600]!r}"


def fresh_key() -> str:
    return uuid.uuid4().hex


def money(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def path_with(path: str, **parameters: Any) -> str:
    return f"{path}?{urlencode(parameters, doseq=True)}"


def read_answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


class Api:
    """One user of the API: an address and a key. Each request has a connection of its own unless `keep_alive`; with
    it, an object belongs to one thread."""

    def __init__(self, url: str, key: str | None, *, keep_alive: bool = False) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.host, self.port, self.key = parts.hostname, parts.port, key
        self._kept = self._connect() if keep_alive else None

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)

    def close(self) -> None:
        if self._kept:
            self._kept.close()

    def send(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        """`body`: bytes go as they are, anything else as JSON."""
        all_headers: dict[str, str] = {}
        if self.key is not None:
            all_headers["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            all_headers["Content-Type"] = JSON
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        all_headers.update(headers or {})
        connection = self._kept or self._connect()
        try:
            connection.request(method, path, body, all_headers)
            return read_answer(connection.getresponse())
        finally:
            if connection is not self._kept:
                connection.close()

    def command(self, method: str, path: str, body: Any, *, key: str | None = None,
                headers: Mapping[str, str] | None = None) -> Answer:
        """With an Idempotency-Key: the given one, or a fresh one."""
        return self.send(method, path, body, headers={"Idempotency-Key": key or fresh_key(), **(headers or {})})

    def protobuf(self, method: str, path: str, message: bytes, *, key: str | None = None) -> Answer:
        return self.command(method, path, message, key=key, headers={"Content-Type": PROTOBUF, "Accept": JSON})

    def batch(self, items: list[dict[str, Any]]) -> Answer:
        return self.send("POST", "/v1/batch", {"commands": items})

    def read(self, path: str, at_least: str | None = None, *, wait_s: float = 30, **parameters: Any) -> Answer:
        """A read that reflects position `at_least`."""
        headers = {"Till-At-Least": at_least, "Prefer": f"wait={wait_s:g}"} if at_least else {}
        return self.send("GET", path_with(path, **parameters) if parameters else path, headers=headers)

    def raw(self, request: bytes, timeout_s: float = TIMEOUT_S) -> Answer:
        """Sends bytes, which need not be a whole request, and reads one answer."""
        with socket.create_connection((self.host, self.port), timeout=timeout_s) as connection:
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the answer may have come before all was sent
            response = http.client.HTTPResponse(connection)
            response.begin()
            return read_answer(response)
