"""The records in what Firehose delivered of the prediction log, or failed to work on.

Delivered objects are gzip JSON lines. What could not be worked on is told in JSON lines with the
record that Firehose got, the envelope of a log subscription. Source: "Handle data delivery
failures", Amazon Data Firehose developer guide; "Log group-level subscription filters", CloudWatch
Logs user guide.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ghosteam.documents.failed_call import FailedCall
from ghosteam.documents.keys import UNDELIVERED
from ghosteam.documents.logged_prediction import RECORD_TYPE, LoggedPrediction
from ghosteam.errors import GhosteamError
from ghosteam.json_object import JsonObject

Record = TypeVar("Record", LoggedPrediction, FailedCall)
_PROBLEM = re.compile(r"[a-z][a-z0-9_]*")


_NO_RECORD = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Damaged:
    """What is no record: its ``place`` (``key:line``, or the ``key`` of a whole object that cannot
    be read), ``why``, and its ``text``.
    """

    place: str
    why: str
    text: str = ""


@dataclass
class Records:
    """What delivered objects hold; ``unreadable``: keys of whole objects that are damaged."""

    predictions: list[LoggedPrediction] = field(default_factory=list)
    calls: list[FailedCall] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, key: str, body: bytes) -> None:
        """Read one object. Whatever it holds, this raises nothing."""
        try:
            lines = _unzipped(body).splitlines()
        except (OSError, EOFError, zlib.error) as error:
            self.unreadable.append(key)
            self.damaged.append(Damaged(key, f"{type(error).__name__}: {error}"))
            return
        for number, line in enumerate(lines, start=1):
            for one in _parts(line) if not key.startswith(UNDELIVERED) else _given_back(line):
                self._take(f"{key}:{number}", one)

    def _take(self, place: str, found: JsonObject | Damaged) -> None:
        if isinstance(found, Damaged):
            self.damaged.append(Damaged(place, found.why, found.text))
            return
        try:
            json.dumps(found, ensure_ascii=False).encode()  # halves of characters are no text
            kind = found.get(RECORD_TYPE)
            if kind == "prediction":
                self.predictions.append(_checked(LoggedPrediction.from_json(found)))
            elif kind == "prediction_error":
                self.calls.append(_checked_name(FailedCall.from_json(found)))
            else:
                raise ValueError(f"its record_type is {kind!r}")
        except (GhosteamError, *_NO_RECORD) as error:
            why = error.message if isinstance(error, GhosteamError) else str(error)
            self.damaged.append(Damaged(place, why, json.dumps(found)))


def records_of(stored: Iterable[tuple[str, bytes]]) -> Records:
    """What objects hold, given by key and bytes."""
    found = Records()
    for key, body in stored:
        found.add(key, body)
    return found


def _checked(record: LoggedPrediction) -> LoggedPrediction:
    if not all(math.isfinite(value) for value in record.outputs.values()):
        raise ValueError("an output is not a finite number")
    for part in (record.event, record.features):
        for name, value in part.items():
            if not isinstance(value, str | int | float | None):
                raise ValueError(f"{name} is no value: {value!r}")
            if isinstance(value, int):
                float(value)  # a number that nothing can hold is none
    return _checked_name(record)


def _checked_name(record: Record) -> Record:
    if not _PROBLEM.fullmatch(record.problem):
        raise ValueError(f"{record.problem!r} is no problem's name")
    return record


def _unzipped(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _parts(line: bytes) -> Iterator[JsonObject | Damaged]:
    """The records of one line, then what on it is none.

    A line may hold several: Firehose's extraction of log messages is documented to keep the
    messages, not to separate them.
    """
    text = line.decode(errors="replace").strip()
    while text:
        try:
            record, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as error:
            yield Damaged("", f"it is no JSON: {error}", text)
            return
        rest = text[end:].lstrip()
        yield record if isinstance(record, dict) else Damaged("", "it is no record", text[:end])
        text = rest


def _given_back(line: bytes) -> Iterator[JsonObject | Damaged]:
    """The records in what Firehose could not work on."""
    for told in _parts(line):
        if isinstance(told, Damaged):
            yield told
            continue
        try:
            envelope = json.loads(_unzipped(base64.b64decode(told["rawData"], validate=True)))
            messages = [
                event["message"].encode()
                for event in envelope["logEvents"]
                if envelope["messageType"] == "DATA_MESSAGE"
            ]
        except (OSError, EOFError, zlib.error, *_NO_RECORD) as error:
            why = told.get("errorMessage", "")
            yield Damaged("", f"{why}; {type(error).__name__}: {error}", line.decode("latin-1"))
            continue
        for message in messages:
            yield from _parts(message)
