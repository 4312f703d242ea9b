"""JSON is read strictly: what is not meant exactly so is refused, with a pointer to where it stands."""

import json
from typing import Any

from support.case import ContractTest
from support.client import Answer, money
from support.shop import Item, Shop
from support.world import world


class Strictness(ContractTest):
    shop: Shop
    sku: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()
        cls.terminal = cls.shop.terminal()

    def sale(self, **more: Any) -> dict[str, Any]:
        return self.shop.ticket(self.terminal, [Item(self.sku)], **more)

    def refused(self, sale: dict[str, Any], pointer: str) -> None:
        self.problem(self.shop.send(sale), 400, pointer=pointer)

    def with_line(self, **more: Any) -> dict[str, Any]:
        sale = self.sale()
        sale["lines"][0] |= more
        return sale

    def put_store(self, body: bytes) -> Answer:
        return self.api().command("PUT", f"/v1/stores/{self.world.unique('store')}", body)

    def receive(self, quantity: Any) -> Answer:
        return self.api().command("POST", "/v1/inventory/receipts", {
            "receipt_id": self.world.unique("receipt"), "store_id": self.shop.store_id,
            "lines": [{"sku": self.sku, "quantity": quantity}]})

    def test_unknown_field(self) -> None:
        self.refused(self.sale(extra=1), "/extra")

    def test_unknown_field_inside(self) -> None:
        self.refused(self.with_line(colour="red"), "/lines/0/colour")

    def test_pointer_escapes(self) -> None:
        self.refused(self.sale(**{"a/b~c": 1}), "/a~1b~0c")

    def test_camel_case_is_unknown(self) -> None:
        self.refused(self.sale(saleId="a"), "/saleId")

    def test_stored_name_of_a_scaled_field_is_unknown(self) -> None:
        self.refused(self.with_line(quantity_e5=1), "/lines/0/quantity_e5")

    def test_internal_field_is_unknown(self) -> None:
        answer = self.api().command("POST", "/v1/customers", {"customer_id": self.world.unique("c"), "sealed": "AAAA"})
        self.problem(answer, 400, pointer="/sealed")

    def test_duplicate_member(self) -> None:
        self.problem(self.put_store(b'{"name":"A","name":"A"}'), 400, pointer="/name")

    def test_duplicate_member_inside(self) -> None:
        text = json.dumps(self.sale()).replace('"currency": "USD"', '"currency": "USD", "currency": "USD"', 1)
        self.problem(self.shop.send(text.encode()), 400, pointer="/lines/0/unit_price/currency")

    def test_duplicate_member_by_escape(self) -> None:
        self.problem(self.put_store(b'{"name":"A","\\u006eame":"A"}'), 400, pointer="/name")

    def test_float_money(self) -> None:
        for amount in (19.99, 20.0, 1e3):
            with self.subTest(amount):
                self.refused(self.sale(expected_total={"amount": amount, "currency": "USD"}), "/expected_total/amount")

    def test_money_as_string(self) -> None:
        self.refused(self.sale(expected_total={"amount": "1000", "currency": "USD"}), "/expected_total/amount")

    def test_money_as_bare_number(self) -> None:
        self.refused(self.sale(expected_total=1000), "/expected_total")

    def test_money_without_currency(self) -> None:
        self.refused(self.sale(expected_total={"amount": 1000}), "/expected_total/currency")

    def test_money_beyond_64_bits(self) -> None:
        self.refused(self.sale(expected_total=money(2**63)), "/expected_total/amount")

    def test_currency_that_is_none(self) -> None:
        for currency in ("usd", "US", "US1", "$", ""):
            with self.subTest(currency):
                self.refused(self.sale(expected_total=money(1000, currency)), "/expected_total/currency")

    def test_wrong_types(self) -> None:
        for name, value in (("sale_id", 5), ("terminal_seq", "1"), ("terminal_seq", 1.5), ("terminal_seq", -1),
                            ("lines", {}), ("taxes", "none"), ("occurred_at", 0), ("employee_id", ["a"]),
                            ("expected_total", [])):
            with self.subTest(f"{name}: {value!r}"):
                self.refused(self.sale() | {name: value}, f"/{name}")

    def test_null_is_of_no_type(self) -> None:
        for name in ("sale_id", "terminal_seq", "lines", "expected_total", "employee_id", "tenders", "taxes", "change"):
            with self.subTest(name):
                self.refused(self.sale() | {name: None}, f"/{name}")

    def test_body_that_is_no_object(self) -> None:
        for body in (b"[]", b'"a"', b"1", b"null", b"true"):
            with self.subTest(body):
                self.problem(self.put_store(body), 400, pointer="")

    def test_missing_field(self) -> None:
        for name in ("sale_id", "store_id", "terminal_id", "occurred_at", "lines", "expected_total"):
            with self.subTest(name):
                sale = self.sale()
                del sale[name]
                self.refused(sale, f"/{name}")

    def test_empty_lines(self) -> None:
        self.refused(self.sale(lines=[]), "/lines")

    def test_all_errors_are_named(self) -> None:
        body = self.problem(self.shop.send(self.sale(extra=1, sale_id=5)), 400)
        self.assertEqual({e["pointer"] for e in body["errors"]}, {"/extra", "/sale_id"})

    def test_quantity_with_more_than_5_decimals(self) -> None:
        self.problem(self.receive("1.000001"), 400, pointer="/lines/0/quantity")

    def test_quantity_with_5_decimals(self) -> None:
        self.accepted(self.receive("0.00001"))

    def test_quantity_that_is_no_decimal(self) -> None:
        for quantity in (1, 1.5, "", "1,5", "1e2", ".", "1.", ".5", "--1", "0x1", " 1", "1 ", "NaN", "9" * 30, "+1"):
            with self.subTest(repr(quantity)):
                self.problem(self.receive(quantity), 400, pointer="/lines/0/quantity")

    def test_time_that_is_none(self) -> None:
        for time in ("2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z",
                     "2026-01-01T12:00:00", "2026-01-01 12:00", "yesterday", "", "2026-01-01T12:60:00Z",
                     "2026-1-1T12:00:00Z", "2025-02-29T12:00:00Z"):
            with self.subTest(time):
                self.refused(self.sale(occurred_at=time), "/occurred_at")

    def test_time_with_offset_and_fraction(self) -> None:
        terminal = self.shop.terminal()
        for time in ("2001-02-03T04:05:06.5Z", "2001-02-03T09:35:06+05:30", "2001-02-03T04:05:07.123456-00:00"):
            with self.subTest(time):
                self.accepted(self.shop.send(self.shop.ticket(terminal, [Item(self.sku)], occurred_at=time)))
                terminal.next_seq += 1

    def test_enum_that_is_none(self) -> None:
        for kind in ("CASHH", "cash", "", 1, "TYPE_UNSPECIFIED"):
            with self.subTest(repr(kind)):
                self.refused(self.sale(tenders=[{"type": kind, "amount": money(1000)}]), "/tenders/0/type")

    def test_ids_that_are_none(self) -> None:
        for sale_id in ("", "a" * 65, "a b", "ä", "a/b", "a\u0000b"):
            with self.subTest(repr(sale_id)):
                self.refused(self.sale(sale_id=sale_id), "/sale_id")

    def test_ids_in_the_path_that_are_none(self) -> None:
        for store in ("a" * 65, "a%20b", "%C3%A4", "%00"):
            with self.subTest(store):
                answer = self.api().command("PUT", f"/v1/stores/{store}", {"name": "A"})
                self.problem(answer, 400, pointer="/store_id")

    def test_both_forms_of_a_unit_price(self) -> None:
        price = {"amount": 1000, "amount_e4": 100_000, "currency": "USD"}
        answer = self.shop.send(self.with_line(unit_price=price))
        self.assertIn(answer.status, (400, 422), str(answer))

    def test_bytes_that_are_no_utf8(self) -> None:
        for text in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
            with self.subTest(text):
                self.problem(self.put_store(b'{"name":"' + text + b'"}'), 400)

    def test_half_a_surrogate_pair(self) -> None:
        self.problem(self.put_store(b'{"name":"\\ud800"}'), 400)

    def test_control_characters_in_a_text(self) -> None:
        self.problem(self.put_store(b'{"name":"a\\u0007b"}'), 400, pointer="/name")

    def test_deep_nesting(self) -> None:
        for depth in (100, 5_000, 100_000):
            with self.subTest(depth):
                self.problem(self.put_store(b'{"name":' + b"[" * depth + b"]" * depth + b"}"), 400)

    def test_deep_objects(self) -> None:
        self.problem(self.put_store(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), 400)

    def test_text_that_is_no_json(self) -> None:
        for body in (b"", b"{", b'{"name":"A"', b'{"name":"A",}', b'{"name":"A"} {}', b"{'name':'A'}", b"{name:1}",
                     b'{"name":"A"}//', b'{"name":NaN}', b'\xef\xbb\xbf{"name":"A"}', b'{"name":01}', b"\x00"):
            with self.subTest(body):
                self.problem(self.put_store(body), 400)
