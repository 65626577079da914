"""The prediction log in the lake: gzip JSON lines, one record a predicted row, in folders by
arrival time.

Delivery is at least once and a line can be damaged, so records count once by prediction id, and
what could not be read is returned with its place, not dropped.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from ghosteam.data.derive import TIME
from ghosteam.documents.prediction import LoggedPrediction
from ghosteam.documents.stored import part_of
from ghosteam.metrics.metric import Floats
from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.spec import EVENT_TIME, Problem

COLUMN_TYPES: Mapping[ColumnKind, Any] = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "string": pl.String,
    "boolean": pl.Boolean,
    "timestamp": TIME,
}

_ERRORS: Mapping[str, Any] = {
    "call_id": pl.String,
    "made_at": TIME,
    "slot": pl.String,
    "endpoint": pl.String,
    "rows": pl.Int64,
    "error": pl.String,
}


@dataclass(frozen=True)
class PredictionLog:
    """What a stretch of the log holds.

    ``predictions``: columns ``prediction_id, event_time, made_at, model_version, slot, endpoint,
    outputs, call_id, latency_ms``, then the columns of entity and id and the features (strings, or
    float64), each once. ``outputs`` are a list in the problem's order, null where the model had
    others than the problem has now. A call is one request to a slot's endpoint; ``latency_ms`` is
    the time of the whole call. ``errors``: columns ``call_id, made_at, slot, endpoint, rows,
    error``, one row a call that failed, each once. ``damaged``: places (``key:line``, or ``key``
    for a whole object) of what could not be read.
    """

    predictions: pl.DataFrame
    errors: pl.DataFrame
    damaged: tuple[str, ...]


def read_log(
    stored: Iterable[tuple[str, bytes]],
    *,
    problem: Problem,
    event_window: tuple[datetime, datetime] | None = None,
) -> PredictionLog:
    """A problem's records in ``stored``, the key and the bytes of each object of the log.

    ``event_window`` keeps only predictions whose event time lies in ``[begin, end)``.
    """
    predictions: dict[str, dict[str, Any]] = {}
    errors: dict[str, dict[str, Any]] = {}
    damaged: list[str] = []
    for place, record in _records(stored):
        if record is None:
            damaged.append(place)
        elif record.get("problem") == problem.problem:
            try:
                if record.get("record_type") == "prediction":
                    row = _prediction(record, problem)
                    if event_window is None or event_window[0] <= row[EVENT_TIME] < event_window[1]:
                        predictions.setdefault(row["prediction_id"], row)
                elif record.get("record_type") == "prediction_error":
                    errors.setdefault(str(record["call_id"]), _error(record))
            except (KeyError, TypeError, ValueError, AttributeError):
                damaged.append(place)
    return PredictionLog(
        pl.DataFrame(list(predictions.values()), schema=_schema(problem), strict=False),
        pl.DataFrame(list(errors.values()), schema=_ERRORS),
        tuple(damaged),
    )


def find_prediction(
    stored: Iterable[tuple[str, bytes]], *, problem: str, prediction_id: str
) -> tuple[str, LoggedPrediction] | None:
    """The first record of a prediction, with its place, or None."""
    for place, record in _records(stored):
        if (
            record is not None
            and record.get("record_type") == "prediction"
            and record.get("problem") == problem
            and record.get("prediction_id") == prediction_id
        ):
            return place, part_of(LoggedPrediction, record, what="prediction")
    return None


def _records(stored: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Place and record of each line; None for a line, or an object, that cannot be read."""
    for key, body in stored:
        try:
            lines = gzip.decompress(body).splitlines()
        except (OSError, EOFError, zlib.error):
            yield key, None
            continue
        for number, line in enumerate(lines, start=1):
            for record in _parsed(line):
                yield f"{key}:{number}", record


def _parsed(line: bytes) -> Iterator[dict[str, Any] | None]:
    """The records of one line, then None if something on it is no record.

    A line may hold several: Firehose's extraction of log messages is documented to keep the
    messages, not to separate them.
    """
    try:
        text = line.decode().strip()
        while text:
            record, end = json.JSONDecoder().raw_decode(text)
            yield record if isinstance(record, dict) else None
            text = text[end:].lstrip()
    except ValueError:
        yield None


def _prediction(record: dict[str, Any], problem: Problem) -> dict[str, Any]:
    entity, features = record["entity"], record["features"]
    return {
        "prediction_id": str(record["prediction_id"]),
        EVENT_TIME: _moment(record["event_time"]),
        "made_at": _moment(record["made_at"]),
        "model_version": str(record["model_version"]),
        "slot": str(record["slot"]),
        "endpoint": str(record["endpoint"]),
        "outputs": _outputs(record["outputs"], problem),
        "call_id": str(record["call_id"]),
        "latency_ms": float(record["latency_ms"]),
        **{name: features.get(name) for name in problem.logged_features},
        **{
            name: _typed(entity[name], problem.events.columns[name].type)
            for name in problem.naming_columns
        },
    }


def _outputs(found: Mapping[str, Any], problem: Problem) -> list[float] | None:
    values = {name: float(value) for name, value in found.items()}
    if not all(math.isfinite(value) for value in values.values()):
        raise ValueError("an output is not a finite number")
    if set(values) != set(problem.outputs):
        return None
    return [values[name] for name in problem.outputs]


def outputs_of(predictions: pl.DataFrame) -> Floats:
    """The outputs of logged predictions, ``(n, n_outputs)``; none may be null."""
    return np.array(predictions.get_column("outputs").to_list(), dtype=np.float64)


def _error(record: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(record[name]) for name in ("call_id", "slot", "endpoint", "error")}
    return {**texts, "made_at": _moment(record["made_at"]), "rows": int(record["rows"])}


def _schema(problem: Problem) -> dict[str, Any]:
    texts = set(problem.text_features)
    return {
        "prediction_id": pl.String,
        EVENT_TIME: TIME,
        "made_at": TIME,
        "model_version": pl.String,
        "slot": pl.String,
        "endpoint": pl.String,
        "outputs": pl.List(pl.Float64),
        "call_id": pl.String,
        "latency_ms": pl.Float64,
        **{
            name: COLUMN_TYPES[problem.events.columns[name].type] for name in problem.naming_columns
        },
        **{
            name: pl.String if name in texts else pl.Float64
            for name in problem.logged_features
            if name not in problem.naming_columns
        },
    }


def _typed(value: Any, kind: ColumnKind) -> Any:
    return _moment(value) if kind == "timestamp" else value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
