"""What one test has: the program, folders, seeds, and servers that end with the test."""

from __future__ import annotations

import contextlib
import pathlib
import random

from support.gateway import CardGateway
from support.hooks import Hooks
from support.mails import MailServer
from support.mariadb import MariaDb, make_template
from support.nats_server import NatsServer
from support.program import Till
from support.webhook_receiver import WebhookReceiver


class World:
    def __init__(self, program: pathlib.Path, scratch: pathlib.Path, seed: str, full: bool) -> None:
        self.program = program
        self.seed = seed
        self.full = full
        self._scratch = scratch
        self._folder = scratch
        self._name = ""
        self._open = contextlib.ExitStack()
        self.notes: list[str] = []
        self._tills: list[Till] = []

    def begin(self, name: str) -> None:
        self._name = name
        self._folder = self._scratch / name
        self._folder.mkdir()
        self.notes = []
        self._tills = []

    def end(self) -> None:
        """Ends every process that the test started."""
        self._open.close()

    def check_no_bug(self) -> None:
        """After a test whose own checks passed."""
        for till in self._tills:
            till.check_no_bug()

    @property
    def folder(self) -> pathlib.Path:
        return self._folder

    def note(self, text: str) -> None:
        """A figure to print beside the test's result."""
        self.notes.append(text)

    def draw(self, what: str = "") -> random.Random:
        """The same for the same seed, test and `what`. Its seed is printed with the test's result."""
        if not any(note.startswith("TILL_SEED=") for note in self.notes):
            self.note(f"TILL_SEED={self.seed}")
        return random.Random(f"{self.seed}/{self._name}/{what}")

    def mariadb(self) -> MariaDb:
        template = make_template(self._scratch)
        folder = self._folder / "mariadb"
        folder.mkdir()
        server = MariaDb(template, folder)
        self._open.callback(server.close)
        return server

    def nats(self) -> NatsServer:
        folder = self._folder / "nats"
        folder.mkdir()
        server = NatsServer(folder)
        self._open.callback(server.close)
        return server

    def hooks(self) -> Hooks:
        hooks = Hooks(self._folder / "hooks")
        self._open.callback(hooks.close)
        return hooks

    def mail_server(self) -> MailServer:
        server = MailServer(self._folder / "mail")
        self._open.callback(server.close)
        return server

    def card_gateway(self) -> CardGateway:
        folder = self._folder / "gateway"
        folder.mkdir()
        gateway = CardGateway(folder)
        self._open.callback(gateway.close)
        return gateway

    def webhook_receiver(self, *secrets: str, now: int | None = None, name: str = "receiver") -> WebhookReceiver:
        receiver = WebhookReceiver(self._folder / name, *secrets, now=now)
        self._open.callback(receiver.close)
        return receiver

    def till(self, services: str = "", name: str = "data", init: bool = True) -> Till:
        """A data folder; the server is not started yet."""
        till = Till(self.program, self._folder / name, services)
        self._open.callback(till.close)
        self._tills.append(till)
        if init:
            till.init()
        return till
