"""Whether a window of predictions looks like the data the model learned from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.findings import Finding, of_column, of_rows
from ghosteam.monitoring.joint_entry import output_name
from ghosteam.monitoring.judging import NO_LIMIT, MonitoredValue, WindowDrift, judge
from ghosteam.problem.lengths import Length
from ghosteam.problem.watch import Watch
from ghosteam.undetermined import Undetermined

JOINT = "joint: "
"""Begin of what a finding about all numbers of a row is called."""


def judge_window(
    window: pl.DataFrame,
    reference: DriftReference,
    *,
    watch: Watch,
    outputs: pl.DataFrame | None = None,
    before: Mapping[str, float] | None = None,
) -> WindowDrift | Undetermined:
    """Compare ``window`` (a row an event, a column a feature) with ``reference`` (see
    :func:`~ghosteam.monitoring.reference.build_reference`). Features that are in one of them alone
    are passed over, such as those that became private since, and those that ``watch`` ignores.

    ``outputs`` are those of the reference's model on the window's rows, a column an output, null
    where another model answered; ``before``: cumulative sums, as :func:`judge` takes them.
    Undetermined with fewer than ``watch.min_rows`` rows.
    """
    if window.height < watch.min_rows:
        return Undetermined(
            f"the window has predictions for {window.height} events, fewer than the "
            f"{watch.min_rows} it needs"
        )
    return judge(
        list(_subjects(window, reference, watch, outputs)),
        rows=window.height,
        min_effect=watch.min_effect,
        importance=reference.importance,
        before=before or {},
        passed_over=reference.passed_over,
    )


def sustained(
    drifted: Collection[str],
    window_end: datetime,
    earlier: Sequence[DriftVerdict],
    *,
    window: Length,
    votes: tuple[int, int],
) -> tuple[str, ...]:
    """Which of what ``drifted`` in this window did so in ``k`` of the last ``n`` windows, this one
    included; ``votes`` is ``(k, n)``. Each counts by itself: that one feature moved yesterday says
    nothing of another today.

    ``earlier``: verdicts on the same model. Only
    windows that do not overlap one another vote, so that checking more often does not make the same
    data count more.
    """
    k, n = votes
    count = dict.fromkeys(drifted, 1)
    boundary = window.before(window_end)
    for verdict in sorted(earlier, key=lambda one: one.window_end, reverse=True):
        end = verdict.window_end
        if end <= boundary and end > (window * n).before(window_end):
            boundary = window.before(end)
            for name in count.keys() & set(verdict.drifted_features):
                count[name] += 1
    return tuple(name for name in drifted if count[name] >= k)


def _subjects(
    window: pl.DataFrame,
    reference: DriftReference,
    watch: Watch,
    outputs: pl.DataFrame | None,
) -> Iterator[MonitoredValue]:
    columns = {
        name: window.get_column(name)
        for name in reference.columns
        if name in window.columns and watch.looks_at(name)
    }
    for name, column in columns.items():
        found = of_column(reference.columns[name], column)
        yield MonitoredValue(name, "feature", found, watch.limits.get(name, NO_LIMIT))
    given = pl.DataFrame() if outputs is None else outputs
    answered = pl.all_horizontal(pl.all().is_not_null())
    own = given.filter(answered) if given.width else given
    for name, entry in reference.outputs.items():
        if own.height and name in own.columns:
            yield MonitoredValue(
                output_name(name), "output", of_column(entry, own.get_column(name))
            )
    if reference.joint and columns:
        rows = pl.DataFrame(columns)
        if own.height:
            named = given.rename(output_name)
            rows = pl.concat([rows, named], how="horizontal").filter(
                pl.all_horizontal(pl.col(name).is_not_null() for name in named.columns)
            )
        for one in of_rows(reference.joint, rows):
            if isinstance(one, Finding):
                yield MonitoredValue(JOINT + one.detector, "joint", [one])
