"""From findings about several things to one verdict on a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ghosteam.documents.drift_verdict import FeatureMeasured, Role
from ghosteam.monitoring.combine import LIMIT, cumulated, discoveries, important, weights_of
from ghosteam.monitoring.findings import Finding, determined
from ghosteam.monitoring.tails import normal_distance
from ghosteam.problem.watch import Limit
from ghosteam.undetermined import Undetermined

NO_LIMIT = Limit()


@dataclass(frozen=True)
class WindowDrift:
    """What was found of features, outputs and joint distribution, the drifted ones first; each
    group in the order in which to look at it. ``cumulated``: by name, the sum of standardised
    distances up to this window, of what has independent windows. ``passed_over``: why columns are
    no evidence.

    A window drifts when anything does; it asks for somebody when what drifted ``matters``, again
    and again (:func:`sustained`).
    """

    rows: int
    features: tuple[FeatureMeasured, ...]
    cumulated: Mapping[str, float]
    passed_over: Mapping[str, str]

    @property
    def drifted_features(self) -> tuple[str, ...]:
        """Names."""
        return tuple(one.name for one in self.features if one.drifted)

    @property
    def drifted(self) -> bool:
        """Whether anything drifted."""
        return bool(self.drifted_features)

    @property
    def matters(self) -> tuple[str, ...]:
        """What drifted and matters: outputs, what the model uses, how columns hang together."""
        return tuple(one.name for one in self.features if one.drifted and one.matters)

    @property
    def share(self) -> float:
        """Drifted features as a share of all features, in [0, 1]."""
        features = [one for one in self.features if one.role == "feature"]
        return sum(one.drifted for one in features) / len(features) if features else 0.0

    def with_told(self, told: FeatureMeasured) -> WindowDrift:
        """And what is told of something that was judged by itself."""
        return replace(self, features=_in_order((*self.features, told)))


@dataclass(frozen=True)
class MonitoredValue:
    """What is judged: a feature, an output, all numbers of a row, outcomes, or what was promised of
    them; what was ``found`` of it; and the ``limit`` that is drift in its own units.
    """

    name: str
    role: Role
    found: Sequence[Finding | Undetermined]
    limit: Limit = NO_LIMIT


def judge(
    subjects: Sequence[MonitoredValue],
    *,
    rows: int,
    min_effect: float,
    importance: Mapping[str, float],
    before: Mapping[str, float],
    passed_over: Mapping[str, str],
) -> WindowDrift:
    """The verdict on a window of so many ``rows``.

    Something has drifted where its effect is over the smallest that matters, and chance and the
    reference's own restlessness explain it at most as often as the false discovery rate allows for
    all subjects and detectors together; or where its cumulative sum, ``before`` in the window that
    ended where this one begins, is over its limit.
    """
    findings = [_strongest(one, min_effect) for one in subjects]
    p = np.array([chance for _, chance in findings])
    found = discoveries(p, weights_of([one.name for one in subjects], importance))
    used = important(importance)
    totals = {
        subject.name: cumulated(before.get(subject.name, 0.0), normal_distance(chance))
        for subject, (finding, chance) in zip(subjects, findings, strict=True)
        if finding is not None and finding.independent
    }
    slow = {name for name, total in totals.items() if total > LIMIT}
    measured = [
        _measured(subject, finding, chance, rejected or subject.name in slow, importance, used)
        for subject, (finding, chance), rejected in zip(
            subjects, findings, found.tolist(), strict=True
        )
    ]
    return WindowDrift(rows, _in_order(measured), totals, passed_over)


def _in_order(measured: Iterable[FeatureMeasured]) -> tuple[FeatureMeasured, ...]:
    """In which to look at them."""
    return tuple(
        sorted(measured, key=lambda one: (not one.drifted, -(one.effect or 0.0), one.name))
    )


def _strongest(subject: MonitoredValue, min_effect: float) -> tuple[Finding | None, float]:
    """The finding that says most, and its chance among as many as were looked at; 1 where its
    effect is too small to matter.
    """
    found = determined(subject.found)
    if not found:
        return None, 1.0
    over = [one for one in found if _is_over(one, subject.limit, min_effect)]
    best = min(over or found, key=lambda one: (one.p, -one.effect))
    return best, min(1.0, best.p * len(found)) if over else 1.0


def _is_over(finding: Finding, limit: Limit, min_effect: float) -> bool:
    least = getattr(limit, finding.unit, None) if finding.unit else None
    return finding.effect >= min_effect if least is None else finding.changed >= least


def _measured(
    subject: MonitoredValue,
    finding: Finding | None,
    chance: float,
    drifted: bool,
    importance: Mapping[str, float],
    used: frozenset[str] | None,
) -> FeatureMeasured:
    undetermined = next(
        (one.reason for one in subject.found if isinstance(one, Undetermined)), None
    )
    return FeatureMeasured(
        name=subject.name,
        role=subject.role,
        method=finding.detector if finding else None,
        statistic=finding.statistic if finding else None,
        p=chance if finding else None,
        effect=finding.effect if finding else None,
        told=finding.told if finding else None,
        importance=importance.get(subject.name),
        matters=subject.role != "feature" or used is None or subject.name in used,
        drifted=drifted,
        undetermined=None if finding else undetermined,
    )
