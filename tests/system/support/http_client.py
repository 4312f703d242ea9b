"""A keep-alive client of the tenants' API."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60.0


class Unanswered(Exception):
    """The connection ended before the whole answer was there: the outcome is not known."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]  # names in lower case

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"

    def __str__(self) -> str:
        return f"{self.status} {self.body[:600].decode(errors='replace')}"


class Api:
    """One connection, one thread; opened again after it broke."""

    def __init__(self, url: str, key: str, timeout_s: float = TIMEOUT_S) -> None:
        address = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(address, timeout=timeout_s)
        self._authorization = f"Bearer {key}"

    def close(self) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> None:
        """The first half of `request`: returns when the request is with the kernel."""
        all_headers = {"Authorization": self._authorization} | (headers or {})
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            all_headers["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, data, all_headers)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unanswered(str(error)) from error

    def receive(self) -> Answer:
        try:
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unanswered(str(error)) from error
        return Answer(response.status, body, {name.lower(): value for name, value in response.getheaders()})

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        self.send(method, path, body, headers)
        return self.receive()

    def get(self, path: str, at_least: str = "", **query: Any) -> Answer:
        """Waits up to 30 s for `at_least`. Once more where a kept connection was closed meanwhile: it changes nothing."""
        target = path + ("?" + urlencode(query, doseq=True) if query else "")
        headers = {"Till-At-Least": at_least, "Prefer": "wait=30"} if at_least else {}
        try:
            return self.request("GET", target, headers=headers)
        except Unanswered:
            return self.request("GET", target, headers=headers)
