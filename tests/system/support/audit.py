"""Holds the clients' journal against the log: every answer must follow from it."""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, defaultdict
from typing import Any

from support.check import check, equal
from support.journal import Attempt, Entry, Journal
from support.log_fold import LogFold, values_between
from support.shop import e5_of, line_gross

CONFLICT, UNPROCESSABLE = 409, 422


class Audit:
    """Of one tenant, after all its clients ended."""

    def __init__(self, journal: Journal, log: LogFold, tenant: str) -> None:
        self._entries, self._log, self._tenant = journal.entries, log, tenant
        self.codes: Counter[str] = Counter()
        by_answer = sorted((attempt.answered, self._number(attempt.body))
                           for entry in self._entries for attempt in entry.accepted)
        self._answered = [answered for answered, _ in by_answer]
        self._highest = list(itertools.accumulate((number for _, number in by_answer), max))
        by_start = sorted(((entry.first_sent, self._number(entry.accepted[0].body))
                           for entry in self._entries if entry.accepted and not entry.again_of), reverse=True)
        self._started = [-sent for sent, _ in by_start]
        self._lowest = list(itertools.accumulate((number for _, number in by_start), min))

    def _number(self, body: dict[str, Any]) -> int:
        number = self._log.number_of.get(body["position"])
        check(number, f"an answer names position {body['position']}, which the log does not have: {body}")
        assert number
        return number

    def _window(self, attempt: Attempt) -> tuple[int, int]:
        """Heads of the log on which this answer may have been decided: from the last record that somebody had been
        told of when the request left, to before the first that was asked for after the answer had come."""
        known = bisect.bisect_left(self._answered, attempt.sent)
        later = bisect.bisect_left(self._started, -attempt.answered)
        return (self._highest[known - 1] if known else 0, self._lowest[later - 1] - 1 if later else self._log.head)

    def run(self) -> None:
        for entry in self._entries:
            check(entry.settled, f"never answered: {entry.command} ({entry.attempts})")
            for attempt in entry.attempts:
                if attempt.status < 400:
                    self._check_accepted(entry, attempt)
                elif attempt.final:
                    self._check_rejected(entry, attempt)
                self.codes[attempt.code or "accepted"] += 1
            self._check_same_answers(entry)
        self._check_nothing_unasked()

    def _check_accepted(self, entry: Entry, attempt: Attempt) -> None:
        command, body = entry.command, attempt.body
        equal(attempt.status, 201, f"status of {command}")
        check(not entry.must_reject, f"accepted, where {entry.must_reject} is right: {command} ({body})")
        number = self._number(body)
        owner = entry.again_of or command.key
        equal(self._log.by_key.get((self._tenant, owner)), number, f"record of {command} answered with {body}")
        record = self._log.records[number - 1]
        equal(record["command"], command.name, f"record {number}")
        equal({name: value for name, value in body.items() if name != "position"}, record["answer"],
              f"answer to {command} and record {number}")
        if attempt.replayed is not None:
            first = entry.attempts[0] is attempt and not entry.unanswered and not entry.again_of
            check(not (first and attempt.replayed), f"the first answer is called a replay: {command}")
        self._check_content(command.name, command.body, record)

    def _check_content(self, name: str, asked: dict[str, Any], record: dict[str, Any]) -> None:
        events = {event["type"]: event["data"] for event in record["events"]}
        what = f"content of record {record['number']}"
        if name == "RingUpSale":
            sale = events["SaleCompleted"]
            wanted = [(line["sku"], e5_of(line["quantity"]),
                       line_gross(e5_of(line["quantity"]), line["unit_price"]["amount"] * 100))
                      for line in asked["lines"]]
            equal([(line["sku"], int(line["quantity_e5"]), int(line["gross"])) for line in sale["lines"]], wanted, what)
            equal((sale["sale_id"], sale["store_id"], sale["terminal_id"], int(sale["terminal_seq"]),
                   int(sale["total"])), (asked["sale_id"], asked["store_id"], asked["terminal_id"],
                                         asked["terminal_seq"], asked["expected_total"]["amount"]), what)
            issued = sum(1 for event in record["events"] if event["type"] == "StockIssued")
            equal(issued, len({line["sku"] for line in asked["lines"]}), f"{what}, stock issued")
        elif name == "VoidSale":
            equal(events["SaleVoided"]["sale_id"], asked["sale_id"], what)
        elif name == "ReceiveStock":
            received = [e["data"] for e in record["events"] if e["type"] == "StockReceived"]
            equal([(one["sku"], int(one["quantity_e5"])) for one in received],
                  [(line["sku"], e5_of(line["quantity"])) for line in asked["lines"]], what)
        elif name == "AdjustStock":
            equal(int(events["StockAdjusted"]["delta_e5"]), e5_of(asked["delta"]), what)

    def _check_same_answers(self, entry: Entry) -> None:
        equal(len({attempt.content for attempt in entry.accepted}) <= 1, True, f"all answers to {entry.command}")
        equal(len({attempt.raw for attempt in entry.accepted if attempt.raw is not None}) <= 1, True,
              f"bytes of all answers to {entry.command}")
        after_first = list(itertools.dropwhile(lambda attempt: attempt.status >= 400, entry.attempts))
        for attempt in after_first:
            check(attempt.status < 400 or not attempt.final, f"accepted, then {attempt.body}: {entry.command}")

    def _check_nothing_unasked(self) -> None:
        asked = {entry.command.key for entry in self._entries if entry.accepted and not entry.again_of}
        for (tenant, key), number in self._log.by_key.items():
            if tenant == self._tenant and key.startswith("key-"):
                check(key in asked, f"record {number} has key {key}, which nobody was told of")

    def _check_rejected(self, entry: Entry, attempt: Attempt) -> None:
        command, code = entry.command, attempt.code
        if entry.must_reject:
            equal(code, entry.must_reject, f"code for {command}")
        first, last = self._window(attempt)
        check(first <= last, f"heads {first} to {last} of {attempt}: what was told is not in order")
        explain = getattr(self, f"_explain_{code.lower()}", None)
        check(explain, f"rejected for no reason: {command} ({attempt.body})")
        assert explain
        check(explain(command.body, attempt, first, last),
              f"{code} has no ground in the log from head {first} to {last}: {command} ({attempt.body})")

    def _explain_total_mismatch(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        total = sum(e5_of(line["quantity"]) // 100_000 * line["unit_price"]["amount"] for line in asked["lines"])
        return attempt.status == UNPROCESSABLE and total != asked["expected_total"]["amount"]

    def _sequences(self, asked: dict[str, Any], first: int, last: int) -> list[int]:
        return values_between(self._log.sequence_changes[self._tenant, asked["terminal_id"]], first, last)

    def _explain_terminal_sequence_gap(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        expected = attempt.body["expected"]
        return (attempt.status == CONFLICT and asked["terminal_seq"] > expected
                and expected - 1 in self._sequences(asked, first, last))

    def _explain_terminal_sequence_fork(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        return attempt.status == CONFLICT and asked["terminal_seq"] <= max(self._sequences(asked, first, last))

    def _explain_insufficient_stock(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        wanted: dict[str, int] = defaultdict(int)
        for line in asked["lines"]:
            wanted[line["sku"]] += e5_of(line["quantity"])
        return attempt.status == CONFLICT and any(
            min(values_between(self._log.stock_changes[self._tenant, asked["store_id"], sku], first, last)) < quantity
            for sku, quantity in wanted.items())

    def _explain_sale_already_voided(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        voided = self._log.void_number.get((self._tenant, asked["sale_id"]))
        return attempt.status == CONFLICT and voided is not None and voided <= last

    def _explain_void_window_closed(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        """Only a run over midnight meets it."""
        sale = self._log.sales[self._tenant, asked["sale_id"]]
        return attempt.status == CONFLICT and any(
            other["business_date"] > sale["business_date"] for (tenant, _), other in self._log.sales.items()
            if tenant == self._tenant and other["terminal_id"] == sale["terminal_id"])

    def _explain_idempotency_key_reused(self, asked: dict[str, Any], attempt: Attempt, first: int, last: int) -> bool:
        return attempt.status == UNPROCESSABLE  # the client draws the key from its accepted ones
