"""Protobuf's wire format by hand, as far as the published messages need it: varints, strings, bytes, messages."""

from __future__ import annotations

from collections.abc import Iterator

Value = int | str | bytes


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1  # negative numbers take ten bytes
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(*fields: tuple[int, Value]) -> bytes:
    """A message of (field number, value); an embedded message is the bytes of another one."""
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = read_varint(data, at)
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {kind}")


def money(amount: int, currency: str = "USD") -> bytes:
    return message((1, amount), (2, currency))
