"""How old an event of a stream is when what it changes is online.

    .ghosteam/env/dev/bin/python bench/stream.py [--rate 1000] [--seconds 60] [--every 5]

Payments come evenly, and are counted by card over minutes and an hour. As Kinesis hands them over,
in batches of ``every`` seconds or 5,000 records, they go through receiving, ingestion, validation
and materialization in an account in memory, whose steps' processor seconds are measured. From these
a time line is made: a function has one batch at a time, as the shard and the queue of a problem
have, and begins one when the step before is done. Not in it is what only AWS can show: the network,
pauses of queues, and the store, of which the items read and written are told.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "stream")

from ghosteam.documents.event import Event
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import parse_problem
from ghosteam.runtime.calls import StreamRecord
from ghosteam.steps.receive_stream import Receiving, receive_stream
from tests.growth import Steps

START = datetime(2024, 3, 1, 12, tzinfo=UTC)
RECORDS = 5_000
STEPS = ("receive", "ingest", "BatchIngested", "BatchValidated")
"""Of a batch, in their order: the last two by the events that they follow."""
CARDS = """
version: 1
problem: cards
task: binary
entities: {card: [card]}
event_time: at
target: {name: fraud, expr: back, known_at: event_time + 1d}
datasets:
  purchases: {role: events, columns: {card: integer, at: timestamp, back: "boolean?"}}
  payments: {role: facts, key: [card], time: at,
    columns: {card: integer, at: timestamp, amount: number}}
sources:
  payments: {kind: stream, dataset: payments}
features:
  windows:
    - {name: paid, from: payments, by: [card], count: rows, over: [5m, 1h]}
    - {name: spent, from: payments, by: [card], sum: amount, over: [1h]}
"""


class Line(Steps):
    """An account whose steps of the newest batch take ``seconds`` of the processor."""

    part_rows = 100_000

    def __init__(self) -> None:
        super().__init__(parse_problem(CARDS))
        self.seconds: dict[str, float] = {}

    def receive(self, records: list[StreamRecord], now: datetime) -> None:
        """A batch of records, and all that follows it."""
        before = set(self.landing.bodies)
        with self._timed("receive"):
            receive_stream(records, Receiving(self.landing, self.lake, self._problems))
        [(key, version)] = set(self.landing.bodies) - before
        self.land(key, self.landing.bodies[key, version], now)

    def ingest(self, event: JsonObject, now: datetime) -> None:
        """Timed."""
        with self._timed("ingest"):
            super().ingest(event, now)

    def act(self, event: Event, now: datetime) -> None:
        """Timed by the event."""
        with self._timed(event.type):
            super().act(event, now)

    @contextlib.contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[step] = time.process_time() - began


def batches(rate: int, seconds: int, every: float, cards: int) -> Iterator[list[StreamRecord]]:
    """What Kinesis hands over of one shard; an event's time is when it came."""
    random, size = np.random.default_rng(1), min(RECORDS, int(rate * every))
    for first in range(0, rate * seconds, size):
        yield [
            _record(number, number / rate, int(random.integers(cards)))
            for number in range(first, min(first + size, rate * seconds))
        ]


def _record(number: int, after: float, card: int) -> StreamRecord:
    at = (START + timedelta(seconds=after)).isoformat()
    row = {"card": card, "at": at, "amount": number % 97}
    return {
        "eventID": f"shardId-000000000000:{number:020}",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/bench-cards-payments",
        "kinesis": {
            "data": base64.b64encode(json.dumps(row).encode()).decode(),
            "partitionKey": str(card),
            "sequenceNumber": f"{number:020}",
        },
    }


def main() -> None:
    """Print a line for each batch, and how old events were when they were online."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--cards", type=int, default=2_000)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    line, came = Line(), 0
    ages: list[np.ndarray] = []
    free = dict.fromkeys(STEPS, 0.0)
    print(
        f"{'rows':>6} {'receive':>8} {'ingest':>7} {'validate':>9} {'materialize':>12} "
        f"{'read':>7} {'written':>8} {'oldest s':>9}"
    )
    for records in batches(options.rate, options.seconds, options.every, options.cards):
        first, came = came / options.rate, came + len(records)
        ready = came / options.rate
        before = line.reads.copy()
        with contextlib.redirect_stdout(io.StringIO()):  # the steps print their metrics
            line.receive(records, START + timedelta(seconds=ready))
        for step in STEPS:
            ready = free[step] = max(ready, free[step]) + line.seconds[step]
        times = first + np.arange(len(records)) / options.rate
        ages.append(ready - times)
        told, items = [line.seconds[step] for step in STEPS], line.reads.since(before)
        print(
            f"{len(records):6} {told[0]:8.2f} {told[1]:7.2f} {told[2]:9.2f} {told[3]:12.2f} "
            f"{items.items:7} {items.written_items:8} {ages[-1].max():9.2f}",
            flush=True,
        )
    half, most = np.quantile(np.concatenate(ages), (0.5, 0.99))
    print(f"{came:,} events: online after {half:.1f} s, 99 % after {most:.1f} s")


if __name__ == "__main__":
    main()
