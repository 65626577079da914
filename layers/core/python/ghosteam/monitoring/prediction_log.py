"""The prediction log as it is read: frames of a bounded size, each prediction once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.log_frames import CALLS, Nested, adapted, predictions_frame, unnested
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import EVENT_TIME, Problem

MAX_CELLS = 20_000_000
"""What a reader keeps in memory: rows times values a row."""
_HASHES = 2**64


@dataclass(frozen=True)
class PredictionLog:
    """What a stretch of the log holds.

    ``predictions``: the log's own columns (``log_frames.OWN``) and the nested ones that were asked
    for, as :func:`~ghosteam.monitoring.log_frames.adapted` has them. ``calls``: the calls that
    failed (``log_frames.CALLS``), where they were asked for. Each is there once. ``share`` of the
    calls was read, in (0, 1], or of the events where one prediction an event was asked for: fewer
    than all where they would not fit into memory; a call's rows are read together. ``damaged``:
    places (``key:line``, or ``key`` for a whole object) of what was delivered and could not be
    read.
    """

    predictions: pl.DataFrame
    calls: pl.DataFrame
    share: float = 1.0
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneAnEvent:
    """Of several predictions for one event the first made counts: a repeated request must not weigh
    more. Where ``version`` is given, those that its model made go before others'; where ``windows``
    are, one counts in each. A prediction whose event the log does not name counts by itself.
    """

    event_id: tuple[str, ...]
    version: str | None = None
    windows: tuple[Span, ...] = ()

    def of(self, predictions: pl.DataFrame) -> pl.DataFrame:
        """The rows of the log that count, as they are and in their order; they have the
        ``event``.
        """
        keys = predictions.select(
            another=pl.col("model_version") != (self.version or pl.col("model_version")),
            made_at="made_at",
            prediction_id="prediction_id",
            event=self.identity,
        ).with_row_index()
        ordered = keys.sort("another", "made_at", "prediction_id", "index")
        first = ordered.filter(pl.col("event").is_first_distinct()).get_column("index")
        return predictions[first.sort()]

    @property
    def identity(self) -> pl.Expr:
        """What two predictions for one event have in common, and no others."""
        names = [
            pl.col(name) if name == EVENT_TIME else pl.col("event").struct.field(name)
            for name in self.event_id
        ]
        unknown = pl.any_horizontal(name.is_null() for name in names)
        begun = [pl.col(EVENT_TIME) >= begin for begin, _ in self.windows]
        parts = [*names, *begun, pl.when(unknown).then("prediction_id")]
        return pl.struct(part.alias(str(place)) for place, part in enumerate(parts))


@dataclass
class Gathered:
    """Collects the frames of a log, and keeps ``limit`` cells at most: beyond it, the calls with
    the lower half of hashes are kept, then the lower quarter, and so on, whatever the order in
    which they come. Of ``one`` prediction an event, it is the events that are drawn, so that one
    that was asked about again and again is not likelier to be among them, nor takes more room.
    """

    problem: Problem
    parts: tuple[Nested, ...]
    where: pl.Expr
    limit: int = MAX_CELLS
    one: OneAnEvent | None = None
    _halvings: int = 0
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _calls: list[pl.DataFrame] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Keep the rows of a stored frame that are asked for."""
        kept = adapted(frame, self.problem, self.parts).filter(self.where)
        self._frames.append(self._counted(self._drawn(kept)))
        if self.one and len(self._frames) > 1 and self._too_many:
            self._frames = [self._counted(self._together())]
        while self._too_many:
            self._halvings += 1
            self._frames = [self._drawn(one) for one in self._frames]

    def add_calls(self, frame: pl.DataFrame) -> None:
        """Keep calls that failed."""
        self._calls.append(frame.select([pl.col(name).cast(kind) for name, kind in CALLS.items()]))

    def log(self, damaged: Sequence[str] = ()) -> PredictionLog:
        """All of it; a prediction that was delivered more than once counts once."""
        calls = pl.concat([pl.DataFrame(schema=dict(CALLS)), *map(self._drawn, self._calls)])
        return PredictionLog(
            self._counted(self._together()),
            calls.unique("call_id", keep="first", maintain_order=True),
            0.5**self._halvings,
            tuple(damaged),
        )

    @property
    def _too_many(self) -> bool:
        return sum(map(_cells, self._frames)) > self.limit

    def _together(self) -> pl.DataFrame:
        empty = adapted(predictions_frame([]), self.problem, self.parts)
        found = pl.concat([empty, *self._frames], how="diagonal_relaxed")
        return found.unique("prediction_id", keep="first", maintain_order=True)

    def _counted(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self.one.of(frame) if self.one else frame

    def _drawn(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self._halvings:
            return frame
        drawn = self.one.identity if self.one else pl.col("call_id")
        return frame.filter(drawn.hash(seed=0) < _HASHES >> self._halvings)


def happened(begin: datetime, end: datetime) -> pl.Expr:
    """Predictions for events in ``[begin, end)``."""
    return pl.col(EVENT_TIME).is_between(begin, end, closed="left")


def dates(begin: datetime, end: datetime) -> Iterator[date]:
    """The dates (UTC) that ``[begin, end)`` touches."""
    last = (end - timedelta(microseconds=1)).date()
    day = begin.date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def named(predictions: pl.DataFrame) -> pl.DataFrame:
    """Id, version, times and outputs, features where they were read, and beside them the columns
    that name the event: these may not be called so (``problem/reserved.py``).
    """
    own = predictions.select(
        "prediction_id",
        "model_version",
        EVENT_TIME,
        "made_at",
        "outputs",
        *(name for name in ("features",) if name in predictions.columns),
    )
    return own.hstack(unnested(predictions, "event"))


def outputs_of(predictions: pl.DataFrame) -> Floats:
    """The outputs of logged predictions, ``(n, n_outputs)``; none may be null."""
    return np.array(predictions.get_column("outputs").to_list(), dtype=np.float64)


def _cells(frame: pl.DataFrame) -> int:
    nested = (kind for kind in frame.schema.values() if isinstance(kind, pl.Struct))
    return frame.height * (frame.width + sum(len(kind.fields) for kind in nested))
