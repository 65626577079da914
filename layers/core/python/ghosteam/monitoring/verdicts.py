"""A verdict on a window, from what was found of it and the verdicts before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured, Role
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.watch import Watch
from ghosteam.undetermined import Undetermined

Verdict = TypeVar("Verdict", bound=DriftVerdict)
FIRST = 50
"""So many of each role are told of, in the order in which to look at them."""
MOST_USED = 50
"""So many features are told of because the model uses them most."""
_PLACES = 3
"""Decimal places of a cumulative sum, whose limit is 7."""


def cumulated(earlier: Sequence[DriftVerdict], begin: datetime) -> Mapping[str, float]:
    """The cumulative sums of the window that ended where this one begins."""
    ended = (verdict.cumulated for verdict in earlier if verdict.window_end == begin)
    return next(ended, {})


def most_used(features: Iterable[FeatureMeasured]) -> list[FeatureMeasured]:
    """The features of which something was measured, those first that the model uses most: the same
    ones window after window.
    """
    found = [one for one in features if one.role == "feature" and one.effect is not None]
    return sorted(found, key=lambda one: (-(one.importance or 0.0), one.name))


def told(features: Sequence[FeatureMeasured]) -> tuple[FeatureMeasured, ...]:
    """Those of which a verdict tells: as many as fit into an item of the state table, however many
    there are.
    """
    kept, by_role = {one.name for one in most_used(features)[:MOST_USED]}, Counter[Role]()
    for one in features:
        by_role[one.role] += 1
        if by_role[one.role] <= FIRST:
            kept.add(one.name)
    return tuple(one for one in features if one.name in kept)


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
    features = told(judged.features)
    return replace(
        blank,
        drifted=judged.drifted,
        sustained=bool(again),
        share=judged.share,
        rows=judged.rows,
        drifted_features=judged.drifted_features,
        sustained_features=again,
        features=features,
        left_out=len(judged.features) - len(features),
        cumulated={
            name: total for name, one in judged.cumulated.items() if (total := round(one, _PLACES))
        },
        passed_over=dict(judged.passed_over),
    )
