"""How a test says what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")
TEXT_MOST = 2000
PATIENCE_S = 30.0  # for what takes no time on an idle machine


class Failed(AssertionError):
    """The program did not do what it promises."""


class Skipped(Exception):
    """What the test needs is not on this machine."""


def short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= TEXT_MOST else text[:TEXT_MOST] + f"… ({len(text)} characters)"


def check(condition: Any, what: str) -> None:
    if not condition:
        raise Failed(what)


def equal(got: Any, expected: Any, what: str) -> None:
    if got != expected:
        raise Failed(f"{what}: got {short(got)}, expected {short(expected)}")


def equal_maps(got: dict[Any, Any], expected: dict[Any, Any], what: str) -> None:
    """Names the first keys that differ instead of both maps."""
    wrong = [key for key in sorted(got.keys() | expected.keys(), key=str) if got.get(key) != expected.get(key)]
    if wrong:
        told = "; ".join(f"{key}: got {got.get(key)}, expected {expected.get(key)}" for key in wrong[:5])
        raise Failed(f"{what}: {len(wrong)} entries differ: {short(told)}")


def eventually(look: Callable[[], Value], timeout_s: float, what: str, every_s: float = 0.1) -> Value:
    """The first true answer of `look`; Failed where none comes in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(every_s)
