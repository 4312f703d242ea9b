"""One line a test, and what failed below it; the last line counts."""

from __future__ import annotations

import sys
import unittest
from types import TracebackType

Trouble = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class LineResult(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.passed = 0
        self._subtest_failed = False

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._subtest_failed = False

    def _say(self, text: str) -> None:
        print(text, flush=True)

    def _fail(self, test: unittest.TestCase, trouble: Trouble) -> None:
        self._say(f"not ok {test.id()}\n{self._exc_info_to_string(trouble, test)}")  # type: ignore[attr-defined]

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed += 1
        self._say(f"ok {test.id()}")

    def addFailure(self, test: unittest.TestCase, err: Trouble) -> None:
        super().addFailure(test, err)
        self._fail(test, err)

    def addError(self, test: unittest.TestCase, err: Trouble) -> None:
        super().addError(test, err)
        self._fail(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._say(f"skipped: {test.id()}: {reason}")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Trouble | None) -> None:
        if err is None:
            return
        self._say(f"not ok {subtest.id()}\n{self._exc_info_to_string(err, test)}")  # type: ignore[attr-defined]
        if not self._subtest_failed:
            self.failures.append((test, "in subtests"))  # a test counts once, however many of its parts fail
            self._subtest_failed = True


class LineRunner:
    def run(self, suite: unittest.TestSuite) -> int:
        result = LineResult()
        suite.run(result)
        failed = len(result.failures) + len(result.errors)
        sys.stderr.flush()
        print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
        return 1 if failed else 0
