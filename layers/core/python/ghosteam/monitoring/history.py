"""References that are made of what was served before a window, in place of the training data: the
windows just before it, or those of the same season.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.monitoring.joint_entry import output_name
from ghosteam.monitoring.noise import FEWEST_BLOCKS
from ghosteam.monitoring.reference import build_reference
from ghosteam.monitoring.windows import Span
from ghosteam.problem.lengths import Length, days
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.problem.watch import Watch
from ghosteam.undetermined import Undetermined

ReferenceKind = Literal["seasonal", "rolling"]
ROLLING = 28
WEEKS = (53, 52, 51, *range(8, 0, -1))
AROUND = (2, 1, 0, -1, -2)
_YEAR = Length(12, timedelta())
OWN = 0.9
"""The share of the rows that the model must have answered for its outputs to be compared with."""


def spans_of(kind: ReferenceKind, begin: datetime, window: Length) -> list[Span]:
    """The windows that the one that begins at ``begin`` is compared with, in the order of time.

    ``rolling``: the ``ROLLING`` windows before it. ``seasonal``: of windows of at most a day, those
    of the same weekday of the last eight weeks, and of three weeks around the same date of last
    year; of longer ones, the five around the same date of last year.
    """
    if kind == "rolling":
        begins = [(window * back).before(begin) for back in range(ROLLING, 0, -1)]
    elif window.longest <= timedelta(days=1):
        begins = [days(7 * weeks).before(begin) for weeks in WEEKS]
    else:
        year = _YEAR.before(begin)
        begins = [
            (window * back).before(year) if back >= 0 else (window * -back).after(year)
            for back in AROUND
        ]
    return [(one, window.after(one)) for one in begins if window.after(one) <= begin]


def reference_of_history(
    kind: ReferenceKind,
    windows: Sequence[pl.DataFrame],
    training: DriftReference,
    *,
    watch: Watch,
    outputs: Sequence[str],
) -> DriftReference | Undetermined:
    """The reference of ``windows`` in the order of time, each a frame with the features,
    ``event_time`` and a column ``prediction <name>`` for each of the ``outputs``, null where
    another model answered.

    What is compared is what the reference of the ``training`` data compares, and what it knows of
    importance and outcomes is kept; so are its outputs and the joint distribution where another
    model answered too much. Undetermined with fewer than three windows of ``watch.min_rows`` rows.
    """
    enough = [frame for frame in windows if frame.height >= watch.min_rows]
    if len(enough) <= FEWEST_BLOCKS:
        return Undetermined(
            f"the log holds {len(enough)} {kind} windows of at least {watch.min_rows} rows, and "
            f"{FEWEST_BLOCKS + 1} are needed: it is compared with the training data"
        )
    frame = pl.concat(enough)
    said = {name: frame[output_name(name)] for name in outputs}
    known = all(one.null_count() <= (1 - OWN) * one.len() for one in said.values())
    columns = {name: one["kind"] for name, one in training.columns.items() if name in frame.columns}
    found = build_reference(
        frame,
        numeric=[name for name, one in columns.items() if one == "numbers"],
        categorical=[name for name, one in columns.items() if one == "categories"],
        event_time=EVENT_TIME,
        window=watch.window.longest,
        outputs={name: one.fill_null(float("nan")).to_numpy() for name, one in said.items()}
        if known
        else None,
        detectors=watch.detectors,
    )
    own = found if known else training
    return replace(
        found,
        outputs=own.outputs,
        joint=own.joint,
        outcomes=training.outcomes,
        losses=training.losses,
        errors=training.errors,
        passed_over={**training.passed_over, **found.passed_over},
        importance=training.importance,
    )
