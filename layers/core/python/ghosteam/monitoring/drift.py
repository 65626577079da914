"""Whether a window of predictions looks like the data the model learned from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from ghosteam.documents.verdicts import DriftVerdict, FeatureMeasured, Role
from ghosteam.monitoring.combine import LIMIT, cumulated, discoveries, important, weights_of
from ghosteam.monitoring.findings import Finding, determined, of_column, of_rows
from ghosteam.monitoring.older_references import current
from ghosteam.monitoring.reference import output_name
from ghosteam.monitoring.tails import normal_distance
from ghosteam.problem.lengths import Length
from ghosteam.problem.watch import Limit, Watch
from ghosteam.undetermined import Undetermined

NO_LIMIT = Limit()
JOINT = "joint: "
"""Begin of what a finding about all numbers of a row is called."""


@dataclass(frozen=True)
class WindowDrift:
    """What was found of features, outputs and joint distribution, the drifted ones first; each
    group in the order in which to look at it. ``passed_over``: why columns are no evidence.

    A window drifts when anything does; it asks for somebody when what drifted ``matters``, again
    and again (:func:`sustained`).
    """

    rows: int
    features: tuple[FeatureMeasured, ...]
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


@dataclass(frozen=True)
class _Subject:
    name: str
    role: Role
    found: Sequence[Finding | Undetermined]
    limit: Limit = NO_LIMIT


def judge_window(
    window: pl.DataFrame,
    reference: Mapping[str, Any],
    *,
    watch: Watch,
    outputs: pl.DataFrame | None = None,
    before: Mapping[str, float] | None = None,
) -> WindowDrift | Undetermined:
    """Compare ``window`` (a column a feature) with ``reference`` (see
    :func:`~ghosteam.monitoring.reference.build_reference`). Features that are in one of them alone
    are passed over, such as those that became private since, and those that ``watch`` ignores.

    Something has drifted where its effect is over the smallest that matters, and chance and the
    reference's own restlessness explain it at most as often as the false discovery rate allows for
    all features and detectors together; or where its cumulative sum, ``before`` in the window that
    ended where this one begins, is over its limit. ``outputs`` are those of the reference's model
    on the window's rows, a column an output, null where another model answered. Undetermined with
    fewer than ``watch.min_rows`` rows.
    """
    if window.height < watch.min_rows:
        return Undetermined(
            f"the window has {window.height} predictions, fewer than the {watch.min_rows} it needs"
        )
    known = current(reference)
    subjects = list(_subjects(window, known, watch, outputs))
    findings = [_strongest(one, watch.min_effect) for one in subjects]
    p = np.array([chance for _, chance in findings])
    weights = weights_of([one.name for one in subjects], known["importance"])
    found = discoveries(p, weights)
    used = important(known["importance"])
    measured = [
        _measured(subject, finding, chance, bool(rejected), known["importance"], used, before or {})
        for subject, (finding, chance), rejected in zip(subjects, findings, found, strict=True)
    ]
    ordered = sorted(measured, key=lambda one: (not one.drifted, -(one.effect or 0.0), one.name))
    return WindowDrift(window.height, tuple(ordered), known["passed_over"])


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
    reference: Mapping[str, Any],
    watch: Watch,
    outputs: pl.DataFrame | None,
) -> Iterator[_Subject]:
    columns = {
        name: window.get_column(name)
        for name in reference["columns"]
        if name in window.columns and watch.looks_at(name)
    }
    for name, column in columns.items():
        found = of_column(reference["columns"][name], column)
        yield _Subject(name, "feature", found, watch.limits.get(name, NO_LIMIT))
    given = pl.DataFrame() if outputs is None else outputs
    answered = pl.all_horizontal(pl.all().is_not_null())
    own = given.filter(answered) if given.width else given
    for name, entry in reference["outputs"].items():
        if own.height and name in own.columns:
            yield _Subject(output_name(name), "output", of_column(entry, own.get_column(name)))
    if reference["joint"] and columns:
        rows = pl.DataFrame(columns)
        if own.height:
            named = given.rename(output_name)
            rows = pl.concat([rows, named], how="horizontal").filter(
                pl.all_horizontal(pl.col(name).is_not_null() for name in named.columns)
            )
        for one in of_rows(reference["joint"], rows):
            if isinstance(one, Finding):
                yield _Subject(JOINT + one.detector, "joint", [one])


def _strongest(subject: _Subject, min_effect: float) -> tuple[Finding | None, float]:
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
    subject: _Subject,
    finding: Finding | None,
    chance: float,
    rejected: bool,
    importance: Mapping[str, float],
    used: frozenset[str] | None,
    before: Mapping[str, float],
) -> FeatureMeasured:
    total = None
    if finding is not None and finding.independent:
        total = cumulated(before.get(subject.name, 0.0), normal_distance(chance))
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
        cumulated=total,
        importance=importance.get(subject.name),
        matters=subject.role != "feature" or used is None or subject.name in used,
        drifted=rejected or (total is not None and total > LIMIT),
        undetermined=None if finding else undetermined,
    )
