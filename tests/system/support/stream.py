"""The JetStream copy against the log: every event once and in order."""

from __future__ import annotations

from collections import Counter
from typing import Any

from support.check import equal, equal_maps
from support.log_fold import LogFold
from support.nats_client import NatsClient

STREAM = "TILL"


def message_id(log_id: str, epoch: int, number: int, index: int) -> str:
    return f"{log_id}.{epoch}.{number}.{index}"


def read_stream(url: str) -> list[tuple[str, str]]:
    """(id, subject) of each message."""
    client = NatsClient(url)
    try:
        return [(message.id, message.subject) for message in client.read_all(STREAM)]
    finally:
        client.close()


def check_stream(url: str, log: LogFold, log_id: str = "", epoch: int = 1) -> None:
    """`log_id` may be left out where the ids are known to be of one log."""
    messages = read_stream(url)
    log_id = log_id or messages[0][0].split(".")[0]
    expected = [(message_id(log_id, epoch, record["number"], index),
                 f"till.{record['tenant']}.{event['stream_kind']}.{event['type']}")
                for record in log.records for index, event in enumerate(record["events"])]
    equal(len(messages), len(expected), "messages of the stream")
    for number, (got, wanted) in enumerate(zip(messages, expected), 1):
        equal(got, wanted, f"message {number} of the stream")


def check_stream_counts(url: str, stats: dict[str, Any], events: dict[str, int]) -> None:
    """For logs too large to read whole: ids ascend strictly, each transaction's indexes are dense, and the counts, of
    all and of the events named, are the log's."""
    messages = read_stream(url)
    equal(len(messages), stats["events"], "messages of the stream")
    position, index = 0, -1
    for message, _ in messages:
        prefix, got_position, got_index = message.rsplit(".", 2)
        equal(prefix, f"{stats['log_id']}.{stats['epoch']}", "log and epoch of the stream's ids")
        expected = (position, index + 1) if int(got_position) == position else (max(position + 1, int(got_position)), 0)
        position, index = int(got_position), int(got_index)
        equal((position, index), expected, f"order of the stream at {message}")
    counted = Counter(subject.rsplit(".", 1)[1] for _, subject in messages)
    equal_maps({name: counted[name] for name in events}, events, "events of the stream by name")
