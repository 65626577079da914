"""The gates that a candidate passes before it may serve. Pure: measurements and limits in, decision
and reasons out.

What could not be determined refuses, with its reason: nothing is promoted on missing evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ghosteam.documents.undetermined import Undetermined
from ghosteam.learning.compare import Comparison
from ghosteam.learning.metrics import GREATER_IS_BETTER, RANGES, Value
from ghosteam.problem.policies import Promote

MAX_PARITY_MISMATCHES = 0.01
"""Share of checked values that may differ between the training set and the online store."""


@dataclass(frozen=True)
class Parity:
    """How many feature values of hold-out rows were read from the online store, and how many differ
    from the training set.
    """

    checked: int
    mismatches: int


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """What was measured on the hold-out.

    ``slices`` and ``baseline_slices``: the promotion metric by ``"column=value"``, the baseline's
    being the champion's, or the candidate's own value over all rows when there is no champion.
    ``comparison`` is None when there is no champion. ``distinct_scores``: how many different scores
    the hold-out's rows got. ``champion_unusable``: why there is a champion that can neither be
    loaded nor asked, or None.
    """

    metrics: Mapping[str, Value]
    slices: Mapping[str, Value]
    baseline_slices: Mapping[str, Value]
    latency_ms: Value
    comparison: Comparison | Undetermined | None
    features: tuple[str, ...]
    expected_features: tuple[str, ...]
    parity: Parity
    distinct_scores: int
    champion_unusable: str | None = None


@dataclass(frozen=True)
class Gate:
    """One gate's outcome; ``measured`` is None when it could not be determined. ``reason`` says
    why, passed or not.

    ``asks``: the gate passed on the condition that a person approves the rollout.
    """

    name: str
    passed: bool
    measured: float | None
    limit: float | None
    reason: str
    asks: bool = False


def evaluate_gates(found: Measurements, promote: Promote) -> tuple[Gate, ...]:
    """Every gate in a fixed order, passed or not."""
    gates = [
        _absolute(found.metrics[promote.metric], promote),
        _informative(found.distinct_scores),
        _at_most(
            "calibration",
            _in_range("calibration_error", found.metrics["calibration_error"]),
            promote.max_calibration_error,
            "calibration error",
        ),
        _at_most(
            "latency",
            found.latency_ms,
            promote.max_latency_ms,
            "95th percentile of one row's latency in ms",
        ),
        _schema(found),
        _parity(found.parity),
    ]
    if promote.slices:
        gates.append(_slices(found, promote))
    if found.champion_unusable is not None:
        gates.append(_unusable_champion(found.champion_unusable, promote))
    elif found.comparison is not None:
        gates.append(_beats_champion(found.comparison, promote))
    return tuple(gates)


def decide(gates: Iterable[Gate]) -> tuple[Literal["promote", "refuse"], tuple[str, ...]]:
    """The decision and its reasons: those of the gates that refuse, or of all when none does."""
    gates = tuple(gates)
    refusals = tuple(f"{gate.name}: {gate.reason}" for gate in gates if not gate.passed)
    return (
        ("refuse", refusals)
        if refusals
        else ("promote", tuple(f"{gate.name}: {gate.reason}" for gate in gates))
    )


def _absolute(value: Value, promote: Promote) -> Gate:
    value = _in_range(promote.metric, value)
    if not GREATER_IS_BETTER[promote.metric]:
        return _at_most("absolute", value, promote.min, promote.metric)
    if isinstance(value, Undetermined):
        return _undetermined("absolute", promote.min, value)
    passed = value >= promote.min
    reason = f"{promote.metric} {value:.4f} is {'at least' if passed else 'below'} {promote.min:g}"
    return Gate("absolute", passed, value, promote.min, reason)


def _informative(distinct_scores: int) -> Gate:
    """A constant score is at chance level by any ranking metric, and at least some limits."""
    reason = (
        f"the hold-out's rows got {distinct_scores} different scores"
        if distinct_scores > 1
        else "every row of the hold-out got the same score: the model tells no rows apart"
    )
    return Gate("informative", distinct_scores > 1, float(distinct_scores), 2.0, reason)


def _in_range(metric: str, value: Value) -> Value:
    low, high = RANGES[metric]
    if isinstance(value, Undetermined) or low <= value <= high:
        return value
    return Undetermined(
        f"{metric} {value:g} is outside [{low:g}, {high:g}]: the target is not 0 and 1, or the "
        "scores are no probabilities"
    )


def _at_most(name: str, value: Value, limit: float, label: str) -> Gate:
    if isinstance(value, Undetermined):
        return _undetermined(name, limit, value)
    passed = value <= limit
    return Gate(
        name,
        passed,
        value,
        limit,
        f"{label} {value:.4f} is {'at most' if passed else 'above'} {limit:g}",
    )


def _schema(found: Measurements) -> Gate:
    if found.features == found.expected_features:
        return Gate(
            "schema",
            True,
            None,
            None,
            f"the model reads the problem's {len(found.features)} features in their order",
        )
    lacking = sorted(set(found.expected_features) - set(found.features))
    unknown = sorted(set(found.features) - set(found.expected_features))
    detail = f"lacks {', '.join(lacking) or 'none'}, has unknown {', '.join(unknown) or 'none'}"
    return Gate(
        "schema",
        False,
        None,
        None,
        f"the model's features are not the problem's in their order: it {detail}",
    )


def _parity(parity: Parity) -> Gate:
    if not parity.checked:
        return _undetermined(
            "parity", MAX_PARITY_MISMATCHES, Undetermined("no online value could be compared")
        )
    share = parity.mismatches / parity.checked
    reason = f"{parity.mismatches} of {parity.checked} online values differ from the training set's"
    return Gate("parity", share <= MAX_PARITY_MISMATCHES, share, MAX_PARITY_MISMATCHES, reason)


def _slices(found: Measurements, promote: Promote) -> Gate:
    """The largest loss of a slice against its baseline; slices too small to judge do not count,
    unless all are.
    """
    sign = 1.0 if GREATER_IS_BETTER[promote.metric] else -1.0
    drops = {
        name: sign * (baseline - value)
        for name, value in found.slices.items()
        if not isinstance(value, Undetermined)
        and not isinstance(
            baseline := found.baseline_slices.get(name, Undetermined("")), Undetermined
        )
    }
    if not drops:
        return _undetermined(
            "slices",
            promote.max_slice_drop,
            Undetermined("no slice has enough rows of both classes"),
        )
    worst = max(drops, key=lambda name: drops[name])
    passed = drops[worst] <= promote.max_slice_drop
    reason = (
        f"{promote.metric} on {worst} is {abs(drops[worst]):.4f} "
        f"{'worse' if drops[worst] > 0 else 'better'} than its baseline, "
        f"the {'worst' if len(drops) > 1 else 'only one'} of {len(drops)} slices; "
        f"{promote.max_slice_drop:g} worse is allowed"
    )
    return Gate("slices", passed, drops[worst], promote.max_slice_drop, reason)


def _beats_champion(comparison: Comparison | Undetermined, promote: Promote) -> Gate:
    limit = promote.beat_champion.by
    if isinstance(comparison, Undetermined):
        return _undetermined("beats_champion", limit, comparison)
    passed = comparison.lower > limit
    reason = (
        f"{comparison.metric} is better than the champion's by {comparison.difference:+.4f}, with "
        f"{comparison.confidence:.0%} "
        f"confidence by more than {comparison.lower:+.4f}; {limit:+g} is "
        f"{'exceeded' if passed else 'not exceeded'}"
    )
    return Gate("beats_champion", passed, comparison.lower, limit, reason)


def _unusable_champion(why: str, promote: Promote) -> Gate:
    """The absolute gates alone have judged; the problem's setting says what that is worth."""
    setting = promote.when_champion_unusable
    then = {
        "approve": "the other gates decide, and a person must approve the rollout",
        "promote": "the other gates decide",
        "refuse": "nothing may take its place without a comparison",
    }[setting]
    reason = (
        f"the champion cannot be compared: {why}; {then} (promote.when_champion_unusable: "
        f"{setting})"
    )
    limit = promote.beat_champion.by
    return Gate(
        "beats_champion", setting != "refuse", None, limit, reason, asks=setting == "approve"
    )


def _undetermined(name: str, limit: float | None, value: Undetermined) -> Gate:
    return Gate(name, False, None, limit, f"undetermined, {value.reason}")
