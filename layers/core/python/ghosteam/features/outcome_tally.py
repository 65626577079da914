"""How far labels and events have met, kept up to date by what a change of rows changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ghosteam.data.derive import TARGET, states_outcome
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.features.current_events import Current
from ghosteam.problem.spec import EVENT_TIME, Problem

MOST_DAYS = 1500
MOST_EXAMPLES = 5
NONE = OutcomeCounts(0, 0, 0, 0, 0, (), {})


def tally_after(
    known: OutcomeCounts, now: Current, before: Current, problem: Problem, *, step: int
) -> OutcomeCounts:
    """The tally ``known`` when ``before`` gives way to ``now``: all that is there of some events,
    as it was and as it is. ``step``: the number of the change.
    """
    new, old = _Met.of(now, problem), _Met.of(before, problem)
    days = Counter(known.days)
    days.update(new.days)
    days.subtract(old.days)
    # What has been dropped of a day cannot be told from what never was there.
    there = sorted(day for day, rows in days.items() if rows and day >= known.days_since)
    kept = there[-MOST_DAYS:]
    gone = set(old.waiting)
    examples = [one for one in known.examples if one not in gone]
    added = [one for one in new.waiting if one not in examples]
    return OutcomeCounts(
        events=known.events + now.events.height - before.events.height,
        labelled=known.labelled + sum(new.days.values()) - sum(old.days.values()),
        labels=known.labels + now.labels.height - before.labels.height,
        waiting=known.waiting + new.waiting.len() - old.waiting.len(),
        unusable=known.unusable + new.unusable - old.unusable,
        examples=(*examples, *added)[:MOST_EXAMPLES],
        days={day: days[day] for day in kept},
        days_since=kept[0] if len(kept) < len(there) else known.days_since,
        step=step,
    )


@dataclass(frozen=True)
class _Met:
    """``days``: labelled events by their day; ``waiting``: labels without their event, in words."""

    days: Mapping[str, int]
    waiting: pl.Series
    unusable: int

    @classmethod
    def of(cls, current: Current, problem: Problem) -> _Met:
        key = list(problem.event_id)
        usable = pl.col(TARGET).is_not_null() & pl.col(TARGET).is_not_nan()
        day = pl.col(EVENT_TIME).dt.date().cast(pl.String).alias("day")
        labelled = current.events.filter(usable).group_by(day).len()
        waiting = current.labels.join(current.events, on=key, how="anti", maintain_order="left")
        named = [
            pl.format(f"{name} {{}}", pl.col(name).cast(pl.String).fill_null("null"))
            for name in key
        ]
        return cls(
            days=dict(labelled.iter_rows()),
            waiting=waiting.select(pl.concat_str(named, separator=", ")).to_series(),
            unusable=current.events.filter(states_outcome(problem), ~usable).height,
        )
