"""How much of the prediction log was lost: what the API counted against what the log holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.monitoring.lost_records import HOUR, LOOKS_BACK, Lost, lost_in
from ghosteam.monitoring.prediction_log import dates
from ghosteam.runtime.observability import count
from ghosteam.serving.routing import SlotName

if TYPE_CHECKING:
    from ghosteam.aws.cloudwatch import Metrics
    from ghosteam.aws.state import StateTable

SETTLED_AFTER = timedelta(hours=2)
"""An hour's predictions are in the log by then: they are delivered within minutes, and compacted
hourly."""
LOSS_METRIC = "PredictionLogLoss"
MIN_MADE = 100
"""So many predictions tell of a loss; of fewer, one that the clock puts into another hour would."""
MOST_DAYS = 60


def reconcile_log(
    problems: Iterable[str], *, state: StateTable, metrics: Metrics, now: datetime
) -> dict[str, Lost]:
    """Compare the hours that are settled, store each, and publish the largest share that a problem
    with enough predictions lost; its loss by problem.
    """
    end = (now - SETTLED_AFTER).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - LOOKS_BACK
    losses = {}
    for problem in problems:
        made: Counter[datetime] = Counter()
        for slot in get_args(SlotName):
            asked = {"Problem": problem, "Slot": slot}
            made.update(metrics.hourly_sums("Predictions", asked, begin, end))
        logged = _logged(state, problem, begin, end)
        for hour in sorted({*made, *logged}):
            document = LogCompleteness(
                hour=hour, made=made[hour], logged=logged[hour], checked_at=now
            )
            state.put(problem, state_keys.log_completeness(hour), document)
        losses[problem] = Lost(made.total(), logged.total())
    shares = [loss.share or 0.0 for loss in losses.values() if loss.made >= MIN_MADE]
    count(LOSS_METRIC, max(shares, default=0.0))
    return losses


def lost_share_of(state: StateTable, problem: str, predictions: pl.DataFrame) -> float | None:
    """The share that was lost of the hours in which ``predictions`` were made, of the newest
    ``MOST_DAYS`` days; None where these have not been compared.
    """
    if predictions.is_empty():
        return None
    hours = predictions.get_column("made_at").dt.truncate("1h").unique().to_list()
    newest = max(hours)
    known = _known(state, problem, newest - timedelta(days=MOST_DAYS), newest + HOUR)
    return lost_in(one for one in known if one.hour in set(hours)).share


def _known(
    state: StateTable, problem: str, begin: datetime, end: datetime
) -> list[LogCompleteness]:
    return [
        document.data
        for day in dates(begin, end)
        for document in state.list(problem, state_keys.LOG_COMPLETENESS / day.isoformat())
    ]


def _logged(state: StateTable, problem: str, begin: datetime, end: datetime) -> Counter[datetime]:
    found: Counter[datetime] = Counter()
    for day in dates(begin, end):
        for document in state.list(problem, state_keys.compacted_groups(day.isoformat())):
            if begin <= document.data.hour < end:
                found[document.data.hour] += sum(document.data.days.values())
    return found
