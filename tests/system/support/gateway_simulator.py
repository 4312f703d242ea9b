#!/usr/bin/env python3
"""A card gateway that is made up, with the troubles of real ones; a process of its own.

Usage: gateway_simulator.py LOG [--port N] [--late-s S]
It prints its port. Every request is a line of LOG: {"key", "body", "first", "did"}.

The last two digits of the amount say what happens to a request that comes for the first time:
  13  declined, with status 402
  17  processed and answered late, after S seconds; while it is under way, the same key gets 409
  19  processed, and its answer lost: the connection is closed without one
  23  answered twice on the same connection
Everything else is approved. A key that comes again gets the first outcome again; with another body it gets 422.
"""

from __future__ import annotations

import argparse
import http.server
import json
import pathlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Optional

DECLINED, LATE, LOST, TWICE = 13, 17, 19, 23


@dataclass
class Outcome:
    """What became of one key."""
    body: Any
    status: int
    answer: dict[str, str]
    under_way: bool = True


@dataclass
class Gateway:
    log: pathlib.Path
    late_s: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def take(self, key: str, body: Any) -> tuple[Optional[Outcome], bool]:
        """The outcome of the key and whether it is new; none where the key came with another body before."""
        with self.lock:
            known = self.outcomes.get(key)
            if known is not None:
                return (known if known.body == body else None), False
            reference = f"sim-{len(self.outcomes) + 1}"
            if body["amount"] % 100 == DECLINED:
                made = Outcome(body, 402, {"status": "declined", "reference": reference, "code": "insufficient_funds"})
            else:
                made = Outcome(body, 200, {"status": "approved", "reference": reference})
            self.outcomes[key] = made
            return made, True

    def note(self, key: str, body: Any, first: bool, did: str) -> None:
        with self.lock, self.log.open("a") as log:
            log.write(json.dumps({"key": key, "body": body, "first": first, "did": did}) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_POST(self) -> None:  # noqa: N802
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        key = self.headers.get("Idempotency-Key", "")
        try:
            body = json.loads(text)
            fit = self.path == "/v1/requests" and bool(key) and isinstance(body["amount"], int)
        except (ValueError, KeyError, TypeError):
            body, fit = None, False
        if not fit:
            self.gateway.note(key, body, False, "refused")
            self.answer(400, {"status": "refused"})
            return
        outcome, first = self.gateway.take(key, body)
        if outcome is None:
            self.gateway.note(key, body, False, "refused")
            self.answer(422, {"status": "refused"})
        elif first:
            self.first(key, outcome)
        elif outcome.under_way:
            self.gateway.note(key, body, False, "conflict")
            self.answer(409, {"status": "under_way"})
        else:
            self.gateway.note(key, body, False, "again")
            self.answer(outcome.status, outcome.answer)

    def first(self, key: str, outcome: Outcome) -> None:
        trouble = outcome.body["amount"] % 100
        did = {LATE: "late", LOST: "lost", TWICE: "twice"}.get(trouble, outcome.answer["status"])
        self.gateway.note(key, outcome.body, True, did)
        if trouble == LATE:
            time.sleep(self.gateway.late_s)
        outcome.under_way = False
        if trouble == LOST:
            self.close_connection = True
            return
        for _ in range(2 if trouble == TWICE else 1):
            self.answer(outcome.status, outcome.answer)

    def answer(self, status: int, body: dict[str, str]) -> None:
        text = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:  # who asked is gone
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description="A card gateway that is made up")
    parser.add_argument("log", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--late-s", type=float, default=20.0)
    options = parser.parse_args()
    Handler.gateway = Gateway(options.log, options.late_s)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
