#!/usr/bin/python3
"""A mail server that is made up, with the troubles of real ones; a process of its own, on Debian's python3-aiosmtpd.

Usage: smtp_server.py --store FILE [--port N] [--starttls | --tls] [--certificate FILE] [--user U --password P]
                      [--fail-first N] [--fail-code CODE] [--delay S]
It prints `ready PORT` once it takes connections, and ends with status 77 where aiosmtpd is not installed.

Every message that is taken is a line of the store, written before it is answered:
  {"message_id", "from", "rcpt", "subject", "text", "html", "headers", "tls", "user", "raw"}

The local part of a recipient says what happens to it:
  refused…   550 for good
  later…     450, each time
  once…      450 the first time
--fail-first N answers the first N messages, once they are sent whole, with --fail-code, and stores none of them.
--delay S lets S seconds pass before a message is answered.
--starttls offers TLS after the greeting, --tls speaks it from the first byte, each with a certificate for 127.0.0.1 and
localhost that is made at the start; --certificate says where it is put for clients that shall trust it.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from typing import Any, Optional, cast

NOT_INSTALLED = 77
try:
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
except ImportError:
    sys.stderr.write("python3-aiosmtpd is not installed\n")
    sys.exit(NOT_INSTALLED)

TAKEN = "250 OK"
CERTIFICATE_DAYS = 30


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return "" if found is None else cast(str, found.get_content())


def line_of(session: Session, envelope: Envelope, tls: bool) -> dict[str, Any]:
    raw = cast(bytes, envelope.original_content)
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))
    return {
        "message_id": message["Message-ID"], "from": envelope.mail_from, "rcpt": envelope.rcpt_tos,
        "subject": message["Subject"], "text": part(message, "plain"), "html": part(message, "html"),
        "headers": {name: str(value) for name, value in message.items()}, "tls": tls,
        "user": session.auth_data.login.decode() if session.authenticated else "", "raw": raw.decode("latin-1"),
    }


class Handler:
    """The hooks that aiosmtpd calls."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.failures_left: int = options.fail_first
        self.seen: set[str] = set()

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str,  # noqa: N802
                          _options: list[str]) -> str:
        if address.startswith("refused"):
            return f"550 5.1.1 <{address}>: no such mailbox"
        first = address not in self.seen
        self.seen.add(address)
        if address.startswith("later") or (address.startswith("once") and first):
            return f"450 4.2.0 <{address}>: come again"
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.options.delay)
        if self.failures_left > 0:
            self.failures_left -= 1
            return f"{self.options.fail_code} not now"
        line = json.dumps(line_of(session, envelope, self.options.tls or session.ssl is not None)) + "\n"
        # In one write, which a kill does not tear.
        store = os.open(self.options.store, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(store, line.encode())
        os.close(store)
        return TAKEN


def make_certificate(copy_to: Optional[pathlib.Path]) -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = pathlib.Path(folder, "key.pem"), pathlib.Path(folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
                        str(certificate), "-days", str(CERTIFICATE_DAYS), "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if copy_to is not None:
            copy_to.write_bytes(certificate.read_bytes())
    return context


def make_session(options: argparse.Namespace, handler: Handler, context: Optional[ssl.SSLContext]) -> SMTP:
    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        known = LoginPassword(options.user.encode(), options.password.encode())
        return AuthResult(success=data == known, handled=False, auth_data=data)

    with_login = bool(options.user)
    return SMTP(handler, hostname="localhost", tls_context=context if options.starttls else None,
                authenticator=authenticate if with_login else None, auth_required=with_login,
                auth_require_tls=options.starttls,
                # Where no name is to be had there is no login either.
                auth_exclude_mechanism=[] if with_login else ["LOGIN", "PLAIN"])


async def serve(options: argparse.Namespace) -> None:
    context = make_certificate(options.certificate) if options.starttls or options.tls else None
    handler = Handler(options)
    server = await asyncio.get_running_loop().create_server(
        lambda: make_session(options, handler, context), "127.0.0.1", options.port,
        ssl=context if options.tls else None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A mail server that is made up")
    parser.add_argument("--store", type=pathlib.Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--starttls", action="store_true")
    how.add_argument("--tls", action="store_true")
    parser.add_argument("--certificate", type=pathlib.Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--fail-first", type=int, default=0)
    parser.add_argument("--fail-code", type=int, default=451)
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
