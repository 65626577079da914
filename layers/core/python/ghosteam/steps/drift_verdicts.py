"""What the watches on features and on outcomes have in common: verdicts on record, and what is told
of a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ghosteam.aws.state import StateTable
from ghosteam.documents.event import Event
from ghosteam.documents.slot import Slot
from ghosteam.documents.state_keys import Key
from ghosteam.documents.verdicts import DriftVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

TOP_FEATURES = 5
Verdict = TypeVar("Verdict", bound=DriftVerdict)


def earlier_verdicts(
    state: StateTable, problem: Problem, key: Key[Verdict], *, end: datetime, version: str
) -> list[Verdict]:
    """Those on the same model that may still vote on the window that ends at ``end``."""
    watch = problem.watch
    since = (watch.window * watch.drift[1]).before(end)
    kept = state.between(problem.problem, key, since.isoformat(), end.isoformat())
    return [found.data for found in kept if found.data.model_version == version]


def cumulated(earlier: Sequence[DriftVerdict], begin: datetime) -> Mapping[str, float]:
    """The cumulative sums of the window that ended where this one begins."""
    return {
        one.name: one.cumulated
        for verdict in earlier
        if verdict.window_end == begin
        for one in verdict.features
        if one.cumulated is not None
    }


def verdict_of(
    blank: Verdict,
    judged: WindowDrift | Undetermined,
    earlier: Sequence[DriftVerdict],
    problem: Problem,
) -> Verdict:
    """``blank`` filled in, with what was sustained, given the ``earlier`` ones."""
    if isinstance(judged, Undetermined):
        return replace(blank, undetermined=judged.reason)
    watch = problem.watch
    again = sustained(
        judged.matters, blank.window_end, earlier, window=watch.window, votes=watch.drift
    )
    return replace(
        blank,
        drifted=judged.drifted,
        sustained=bool(again),
        share=judged.share,
        rows=judged.rows,
        drifted_features=judged.drifted_features,
        sustained_features=again,
        features=judged.features,
        passed_over=dict(judged.passed_over),
    )


def drift_event(problem: str, champion: Slot, verdict: DriftVerdict) -> Event:
    """``features`` begins with what asks for somebody; the others that drifted explain it."""
    named = dict.fromkeys((*verdict.sustained_features, *verdict.drifted_features))
    return Event(
        "DriftDetected",
        problem,
        {
            "window_id": f"{verdict.window_end:%Y%m%dT%H%M%SZ}",
            "window_start": verdict.window_start.isoformat(),
            "window_end": verdict.window_end.isoformat(),
            "as_of": verdict.window_end.isoformat(),
            "share": verdict.share,
            "features": ",".join([*named][:TOP_FEATURES]),
            "model_version": champion.version,
            "run_id": champion.run_id,
            "train_digest": champion.digests["train"],
        },
    )
