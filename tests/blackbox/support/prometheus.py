"""Prometheus' text format, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL},?)*)\}})? ([^ ]+)(?: -?\d+)?")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


@dataclass(frozen=True)
class Sample:
    name: str
    labels: dict[str, str]
    value: float


@dataclass
class Exposition:
    types: dict[str, str] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    def of(self, name: str, **labels: str) -> list[Sample]:
        return [s for s in self.samples if s.name == name and labels.items() <= s.labels.items()]

    def family(self, sample: Sample) -> str:
        for suffix in ("_bucket", "_sum", "_count"):
            base = sample.name.removesuffix(suffix)
            if base != sample.name and self.types.get(base) in {"histogram", "summary"}:
                return base
        return sample.name


def parse(text: str) -> Exposition:
    """ValueError where a line is not of the format."""
    result = Exposition()
    if text and not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            result.help[name] = words
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            if kind not in TYPES or name in result.types:
                raise ValueError(f"bad or repeated type: {line}")
            result.types[name] = kind
        elif line and not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            if not match:
                raise ValueError(f"not a sample: {line}")
            labels = dict(re.findall(LABEL, match[2] or ""))
            result.samples.append(Sample(match[1], labels, float(match[match.lastindex or 0])))
    return result
