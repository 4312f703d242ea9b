"""Reads the log in order as a stranger would: checks what must hold in it and sums up what follows from it."""

from __future__ import annotations

import bisect
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from support.check import check, equal
from support.totals import Sold, SoldLine, Totals

Record = dict[str, Any]
StockKey = tuple[str, str, str]  # tenant, store, SKU
OPERATOR = "operator"


@dataclass(frozen=True)
class Change:
    """A value that held from a record on."""

    number: int
    value: int


def comparable_time(text: str) -> str:
    """A time whose order is that of its text: a whole second is written without a fraction."""
    return text if "." in text else text.replace("Z", ".000000Z")


def date_text(number: int) -> str:
    return f"{number // 10000}-{number // 100 % 100:02d}-{number % 100:02d}"


def sold_of(sale: dict[str, Any]) -> Sold:
    tenders: dict[str, int] = defaultdict(int)
    for tender in sale.get("tenders", []):
        tenders[tender["type"]] += int(tender["amount"])
    if int(sale.get("change", 0)):
        tenders["CASH"] -= int(sale["change"])
    lines = [SoldLine(line["sku"], line["category"], int(line["quantity_e5"]), int(line.get("gross", 0)),
                      int(line.get("discount", 0))) for line in sale["lines"]]
    return Sold(sale["store_id"], date_text(sale["business_date"]), sale.get("local_hour", 0), lines,
                int(sale.get("tax", 0)), dict(tenders))


class LogFold:
    """`add` takes each record once, in order. Failed where one cannot follow those before it."""

    def __init__(self) -> None:
        self.head = 0
        self.events = 0
        self.records: list[Record] = []
        self.number_of: dict[str, int] = {}  # by the position's text
        self.by_key: dict[tuple[str, str], int] = {}  # tenant, idempotency key
        self.stock: dict[StockKey, int] = defaultdict(int)
        self.stock_changes: dict[StockKey, list[Change]] = defaultdict(list)
        self.sequence_changes: dict[tuple[str, str], list[Change]] = defaultdict(list)  # tenant, terminal
        self.sales: dict[tuple[str, str], dict[str, Any]] = {}
        self.sale_number: dict[tuple[str, str], int] = {}
        self.void_number: dict[tuple[str, str], int] = {}
        self.totals: dict[str, Totals] = defaultdict(Totals)
        self._documents: set[tuple[str, str, str]] = set()
        self._policy: dict[tuple[str, str], str] = {}
        self._versions: dict[tuple[str, str, str], int] = defaultdict(int)
        self._tenant_seq: dict[str, int] = defaultdict(int)
        self._chain = ""
        self._recorded_at = ""

    def extend(self, records: list[Record]) -> None:
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        number = record["number"]
        equal(number, self.head + 1, "positions are dense")
        self._check_chain(record)
        recorded_at = comparable_time(record["recorded_at"])
        check(recorded_at >= self._recorded_at, f"record {number}: time goes back")
        self._recorded_at = recorded_at
        check(record["position"] not in self.number_of, f"position {record['position']} stands twice")
        self.number_of[record["position"]] = number
        self.records.append(record)
        self.head = number
        self.events += len(record["events"])
        if "tenant" in record:
            self._add_transaction(record)

    def _check_chain(self, record: Record) -> None:
        if self._chain:
            hashes = bytes.fromhex(self._chain) + bytes.fromhex(record["record_hash"])
            equal(record["chain"], hashlib.sha256(hashes).hexdigest(), f"chain of record {record['number']}")
        self._chain = record["chain"]

    def _add_transaction(self, record: Record) -> None:
        tenant, number = record["tenant"], record["number"]
        self._tenant_seq[tenant] += 1
        equal(record["tenant_seq"], self._tenant_seq[tenant], f"record {number}: sequence of tenant {tenant}")
        key = (tenant, record["idempotency_key"])
        check(key not in self.by_key, f"key {key} stands in records {self.by_key.get(key)} and {number}")
        self.by_key[key] = number
        check(record["events"], f"record {number} has no event")
        for event in record["events"]:
            stream = (tenant, event["stream_kind"], event["stream_id"])
            self._versions[stream] += 1
            equal(event["stream_version"], self._versions[stream], f"record {number}: version of {stream}")
            self._add_event(record, event["type"], event["data"])

    def _add_event(self, record: Record, kind: str, data: dict[str, Any]) -> None:
        tenant = record["tenant"]
        if kind == "StorePolicySet":
            self._policy[tenant, data["store_id"]] = data["policy"]["stock"]
        elif kind in ("ReceiptBooked", "AdjustmentBooked"):
            self._book(tenant, kind, data.get("receipt_id") or data["adjustment_id"])
        elif kind == "SaleCompleted":
            self._complete(record, data)
        elif kind == "SaleVoided":
            self._void(record, data)
        elif kind in ("StockReceived", "StockRestored"):
            self._move(record, data, int(data["quantity_e5"]))
        elif kind == "StockAdjusted":
            self._move(record, data, int(data["delta_e5"]))
        elif kind == "StockIssued":
            self._move(record, data, -int(data["quantity_e5"]))
            if self._policy[tenant, data["store_id"]] == "DENY":
                left = self.stock[tenant, data["store_id"], data["sku"]]
                check(left >= 0, f"record {record['number']}: a sale took {data['sku']} of a DENY store to {left}")

    def _book(self, tenant: str, kind: str, document: str) -> None:
        check((tenant, kind, document) not in self._documents, f"{kind} {document} stands twice")
        self._documents.add((tenant, kind, document))

    def _move(self, record: Record, data: dict[str, Any], change_e5: int) -> None:
        key = (record["tenant"], data["store_id"], data["sku"])
        self.stock[key] += change_e5
        equal(int(data.get("on_hand_after_e5", 0)), self.stock[key], f"record {record['number']}: stock of {key}")
        self.stock_changes[key].append(Change(record["number"], self.stock[key]))

    def _complete(self, record: Record, sale: dict[str, Any]) -> None:
        tenant, number = record["tenant"], record["number"]
        key = (tenant, sale["sale_id"])
        check(key not in self.sales, f"sale {key} stands in records {self.sale_number.get(key)} and {number}")
        terminal = (tenant, sale["terminal_id"])
        changes = self.sequence_changes[terminal]
        last = changes[-1].value if changes else 0
        equal((record["terminal"], record["terminal_seq"]), (sale["terminal_id"], int(sale["terminal_seq"])),
              f"record {number}: header and sale")
        equal(record["terminal_seq"], last + 1, f"record {number}: sequence of terminal {terminal}")
        changes.append(Change(number, last + 1))
        sold = sold_of(sale)
        whole = sold.sum
        equal((int(sale.get("net", 0)), int(sale.get("tax", 0)), int(sale.get("total", 0))),
              (whole.net, whole.tax, whole.total), f"record {number}: sums of the sale")
        equal(sum(sold.tenders.values()), whole.total, f"record {number}: payment of the sale")
        self.sales[key] = sale
        self.sale_number[key] = number
        self.totals[tenant].add(sold)

    def _void(self, record: Record, void: dict[str, Any]) -> None:
        key = (record["tenant"], void["sale_id"])
        check(key in self.sales, f"record {record['number']} voids the unknown sale {key}")
        check(key not in self.void_number, f"sale {key} is voided twice")
        equal(void["original"], self.sales[key], f"record {record['number']}: the sale that is voided")
        self.void_number[key] = record["number"]
        self.totals[record["tenant"]].add(sold_of(self.sales[key]), -1)


def values_between(changes: list[Change], first: int, last: int) -> list[int]:
    """Every value that held after some record from `first` to `last`; 0 before the first change."""
    begin = bisect.bisect_right(changes, first, key=lambda change: change.number)
    end = bisect.bisect_right(changes, last, key=lambda change: change.number)
    return [changes[begin - 1].value if begin else 0] + [change.value for change in changes[begin:end]]
