"""What the calendar says of an event's time, as features: derived, so that nobody sends it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from cli.column_statistics import ends
from cli.infer.date_parts import part_of_date
from cli.infer.finding import Inference
from cli.infer.strength import MOST_ROWS, strength

_TELLS = 0.01
"""Of the outcome, by itself: what noise hardly ever does."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CalendarFeature:
    """``part``: of a date, or ``weekday``; ``longest``: the step of times that still tell it;
    ``span``: how long times have to span to have seen it come again.
    """

    part: str
    expr: str
    longest: timedelta
    span: timedelta
    categorical: bool = False


_ALL = (
    CalendarFeature("hour", "hour(event_time)", _DAY / 2, 3 * _DAY),
    CalendarFeature("weekday", "extract(isodow FROM event_time)", _DAY, 21 * _DAY, True),
    CalendarFeature("month", "extract(month FROM event_time)", 31 * _DAY, 730 * _DAY),
)


def calendar_features(
    times: pl.Series,
    outcome: pl.Series,
    *,
    step: timedelta,
    numbers: bool,
    features: Sequence[str],
    taken: Collection[str],
    alone: bool,
) -> tuple[dict[str, CalendarFeature], list[Inference]]:
    """By their names, those that say something of the ``outcome`` by themselves, or all that times
    tell where there is no other feature (``alone``). ``times`` and ``outcome`` (the task's
    numbers): of the same rows, none null; ``features``: columns that may be such a part already.
    """
    known = {part_of_date(name) for name in features}
    first, last = ends(times)
    some = pl.DataFrame({"t": times, "y": outcome})
    if some.height > MOST_ROWS:
        some = some.sample(MOST_ROWS, seed=0)
    at = some["t"].dt
    parts = {"hour": at.hour(), "weekday": at.weekday(), "month": at.month()}
    y = some["y"].cast(pl.Float64).to_numpy()
    found: dict[str, CalendarFeature] = {}
    for feature in _ALL:
        values = parts[feature.part]
        is_told = step <= feature.longest and last - first >= feature.span
        if feature.part in known or not is_told or values.n_unique() < 3:
            continue
        if alone or strength(values, y, numbers=numbers) >= _TELLS:
            name = feature.part
            while name in taken:
                name = f"event_{name}"
            found[name] = feature
    told = [
        Inference(name, f"a feature: {one.expr}, in UTC", "fairly sure")
        for name, one in found.items()
    ]
    return found, told
