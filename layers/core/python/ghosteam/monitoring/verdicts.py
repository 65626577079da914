"""A verdict on a window, from what was found of it and the verdicts before. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.watch import Watch
from ghosteam.undetermined import Undetermined

Verdict = TypeVar("Verdict", bound=DriftVerdict)


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
    watch: Watch,
) -> Verdict:
    """``blank`` filled in, with what was sustained, given the ``earlier`` ones on the same
    model.
    """
    if isinstance(judged, Undetermined):
        return replace(blank, undetermined=judged.reason)
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
