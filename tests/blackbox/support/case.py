"""The base of every test here: the words in which the contract is checked."""

from __future__ import annotations

import unittest
from typing import Any

from support.cli import Cli
from support.client import JSON, PROBLEM, Answer, Api
from support.world import World, world


class ContractTest(unittest.TestCase):
    maxDiff = 4000

    @property
    def world(self) -> World:
        return world()

    def api(self, scope: str = "manager") -> Api:
        return self.world.api(scope)

    def cli(self) -> Cli:
        cli = self.world.cli()
        if not cli:
            self.skipTest("the program is not at hand: name it in TILL_BINARY")
        return cli

    def accepted(self, answer: Answer, **ids: str) -> dict[str, Any]:
        """201 with a position, in body and header, and the ids it concerns."""
        self.assertEqual(answer.status, 201, str(answer))
        self.assertEqual(answer.headers.get("content-type"), JSON)
        body = answer.json
        self.assertIsInstance(body["position"], str)
        self.assertTrue(body["position"])
        self.assertEqual(answer.headers.get("till-position"), body["position"])
        self.assertEqual({name: body.get(name) for name in ids}, ids)
        return body

    def ok(self, answer: Answer) -> Any:
        self.assertEqual(answer.status, 200, str(answer))
        self.assertEqual(answer.headers.get("content-type"), JSON)
        return answer.json

    def replayed(self, answer: Answer, first: Answer) -> None:
        self.assertEqual(answer.status, first.status, str(answer))
        self.assertEqual(answer.body, first.body)
        self.assertEqual(answer.headers.get("idempotent-replayed"), "true")

    def problem(self, answer: Answer, status: int, code: str | None = None, *, pointer: str | None = None,
                field_code: str | None = None) -> dict[str, Any]:
        """A problem document of this status and code, with an error at `pointer` where one is named."""
        self.assertEqual(answer.status, status, str(answer))
        self.assertEqual(answer.headers.get("content-type"), PROBLEM)
        body = answer.json
        self.assertEqual(body["status"], status)
        for name in ("type", "title", "code"):
            self.assertIsInstance(body[name], str)
            self.assertTrue(body[name])
        self.assertIsInstance(body["retryable"], bool)
        if code:
            self.assertEqual(body["code"], code, str(answer))
        if pointer is not None:
            found = {error["pointer"]: error["code"] for error in body["errors"]}
            self.assertIn(pointer, found)
            self.assertTrue(found[pointer])
            if field_code:
                self.assertEqual(found[pointer], field_code)
        return body

    def ahead(self, position: str, by: int) -> str:
        """A later position of the same log: opaque to clients, it ends in a number."""
        head, _, number = position.rpartition("-")
        return f"{head}-{int(number) + by}"
