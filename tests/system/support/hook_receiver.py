"""hook_receiver.py PORT FILE: answers POST requests, and appends those that it answers with a 2xx to FILE as JSON lines.

A line is written before its answer, so that none that was acknowledged is missing after a kill. POST /control takes
{"path", "status", "delay_s"}.
"""

from __future__ import annotations

import http.server
import json
import os
import socketserver
import sys
import threading
import time
from typing import Any

BODY_MOST = 1 << 20


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behaviour: dict[str, tuple[int, float]] = {}
    store = -1
    lock = threading.Lock()

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", "0")), BODY_MOST)
        body = self.rfile.read(length).decode(errors="replace")
        if self.path == "/control":
            told = json.loads(body)
            self.behaviour[told["path"]] = (int(told["status"]), float(told["delay_s"]))
            return self.answer(200)
        status, delay_s = self.behaviour.get(self.path, (200, 0.0))
        arrived = time.time()
        if delay_s:
            time.sleep(delay_s)
        if 200 <= status < 300:
            self.keep({"path": self.path, "id": self.headers.get("webhook-id", ""),
                       "timestamp": int(self.headers.get("webhook-timestamp", "0")),
                       "signature": self.headers.get("webhook-signature", ""), "body": body, "at": arrived})
        return self.answer(status)

    def keep(self, told: dict[str, Any]) -> None:
        line = (json.dumps(told) + "\n").encode()
        with self.lock:
            os.write(self.store, line)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    Receiver.store = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    Server(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
