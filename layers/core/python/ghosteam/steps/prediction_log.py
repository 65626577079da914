"""The prediction log as it stands in the lake: objects in folders by arrival time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.documents.keys import PREDICTIONS
from ghosteam.documents.prediction import LoggedPrediction
from ghosteam.monitoring import prediction_log
from ghosteam.monitoring.prediction_log import PredictionLog
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import logger

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects

ARRIVAL_SLACK = timedelta(days=1)


def read_log(
    lake: Objects,
    *,
    problem: Problem,
    since_arrival: datetime,
    until_arrival: datetime,
    event_window: tuple[datetime, datetime] | None = None,
) -> PredictionLog:
    """Read a problem's records from the hours of ``since_arrival`` to ``until_arrival`` (aware,
    both hours included).

    ``event_window`` keeps only predictions whose event time lies in ``[begin, end)``.
    """
    stored = _stored(lake, since_arrival, until_arrival)
    return prediction_log.read_log(stored, problem=problem, event_window=event_window)


def read_window(
    lake: Objects, *, problem: Problem, begin: datetime, end: datetime, now: datetime
) -> PredictionLog:
    """The records of events in ``[begin, end)`` that a watch judges at ``now``; damage is logged.

    A prediction may be asked for as long as ``ARRIVAL_SLACK`` before its event.
    """
    log = read_log(
        lake,
        problem=problem,
        since_arrival=begin - ARRIVAL_SLACK,
        until_arrival=max(now, end),
        event_window=(begin, end),
    )
    if log.damaged:
        logger.warning(
            "prediction log is damaged",
            extra={"problem": problem.problem, "places": log.damaged[:20]},
        )
    return log


def find_prediction(
    lake: Objects,
    *,
    problem: str,
    prediction_id: str,
    since_arrival: datetime,
    until_arrival: datetime,
) -> tuple[str, LoggedPrediction] | None:
    """One prediction among the records that arrived in these hours, with its place, or None."""
    stored = _stored(lake, since_arrival, until_arrival)
    return prediction_log.find_prediction(stored, problem=problem, prediction_id=prediction_id)


def _stored(lake: Objects, since: datetime, until: datetime) -> Iterator[tuple[str, bytes]]:
    # One listing from the first hour on: asking for each hour alone would be thousands of calls
    # when old data is replayed.
    first, last = (
        f"{PREDICTIONS}{moment.astimezone(UTC):%Y/%m/%d/%H/}" for moment in (since, until)
    )
    for item in lake.list(PREDICTIONS, start_after=first):
        if item.key[: len(last)] > last:
            return
        yield item.key, lake.get(item.key)
