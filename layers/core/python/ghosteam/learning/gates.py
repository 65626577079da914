"""The gates that a candidate passes before it may serve. Pure: measurements and limits in, decision
and reasons out.

What could not be determined refuses, with its reason: nothing is promoted on missing evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ghosteam.documents.evaluation import Gate
from ghosteam.documents.parity import Parity
from ghosteam.learning.baselines import KNOWS, BaselineName
from ghosteam.learning.compare import Comparison
from ghosteam.learning.parity_gate import parity_gate
from ghosteam.metrics.metric import METRICS, Value
from ghosteam.problem.promote import Promote
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """What was measured on the hold-out.

    ``honesty`` is the metric of what the outputs promise, by its name. ``baseline`` compares with
    the stronger baseline, which is ``baseline_name``, ``comparison`` with the champion: None when
    there is none. ``slices`` by ``"column=value"`` or ``"column is null"`` compare with the
    champion where there is one, else with that baseline, and bound each difference at a confidence
    that allows for their number.
    ``champion_unusable``: why there is a champion that can neither be loaded nor asked, or None.
    ``changed``: whether the champion learned by another definition.
    """

    metrics: Mapping[str, Value]
    honesty: str
    baseline: Comparison | Undetermined
    baseline_name: BaselineName
    slices: Mapping[str, Comparison | Undetermined]
    latency_ms: Value
    comparison: Comparison | Undetermined | None
    features: tuple[str, ...]
    expected_features: tuple[str, ...]
    parity: Parity
    champion_unusable: str | None = None
    changed: bool = False


def evaluate_gates(found: Measurements, promote: Promote) -> tuple[Gate, ...]:
    """Every gate in a fixed order, passed or not."""
    value = METRICS.find(promote.metric).checked(found.metrics[promote.metric])
    honest = METRICS.find(found.honesty).checked(found.metrics[found.honesty])
    gates = [
        *([] if promote.limit is None else [_absolute(value, promote, promote.limit)]),
        _better("beats_baseline", KNOWS[found.baseline_name], found.baseline, 0.0),
        _at_most(
            "calibration", honest, promote.max_calibration_error, found.honesty.replace("_", " ")
        ),
        _at_most(
            "latency",
            found.latency_ms,
            promote.max_latency_ms,
            "95th percentile of one row's latency in ms",
        ),
        _schema(found),
    ]
    if (parity := parity_gate(found.parity, promote.parity)) is not None:
        gates.append(parity)
    if promote.slices:
        gates.append(_slices(found, promote))
    if found.champion_unusable is not None:
        gates.append(_unusable_champion(found.champion_unusable, promote))
    elif found.comparison is not None:
        limit = margin(promote, changed=found.changed)
        gates.append(_better("beats_champion", "the champion", found.comparison, limit))
    return tuple(gates)


def margin(promote: Promote, *, changed: bool) -> float:
    """By how much a challenger must be better than the champion."""
    return promote.beat_champion.when_changed if changed else promote.beat_champion.by


def conclude(gates: Iterable[Gate]) -> tuple[Literal["promote", "refuse"], tuple[str, ...]]:
    """The decision and its reasons: those of the gates that refuse, or of all when none does."""
    gates = tuple(gates)
    refusals = tuple(f"{gate.name}: {gate.reason}" for gate in gates if not gate.passed)
    return (
        ("refuse", refusals)
        if refusals
        else ("promote", tuple(f"{gate.name}: {gate.reason}" for gate in gates))
    )


def _absolute(value: Value, promote: Promote, limit: float) -> Gate:
    if promote.at_least is None:
        return _at_most("absolute", value, limit, promote.metric)
    if isinstance(value, Undetermined):
        return _undetermined("absolute", limit, value)
    passed = value >= limit
    reason = f"{promote.metric} {value:.4f} is {'at least' if passed else 'below'} {limit:g}"
    return Gate("absolute", passed, value, limit, reason)


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


def _slices(found: Measurements, promote: Promote) -> Gate:
    """The slice that is worst beyond what chance explains; slices too small to judge do not count,
    unless all are.
    """
    allowed = -promote.max_slice_drop
    judged = {name: slice for name, slice in found.slices.items() if isinstance(slice, Comparison)}
    if not judged:
        return _undetermined(
            "slices", allowed, Undetermined("no slice has enough rows to be judged")
        )
    worst = min(judged, key=lambda name: judged[name].upper)
    slice = judged[worst]
    passed = slice.upper >= allowed
    reason = (
        f"{promote.metric} on {worst}, the {'worst' if len(judged) > 1 else 'only one'} of "
        f"{len(judged)} slices, is better by {slice.difference:+.4f}, at most by "
        f"{slice.upper:+.4f} with {slice.confidence:.1%} confidence; {allowed:+g} is allowed"
    )
    return Gate("slices", passed, slice.upper, allowed, reason)


def _better(name: str, other: str, comparison: Comparison | Undetermined, limit: float) -> Gate:
    if isinstance(comparison, Undetermined):
        return _undetermined(name, limit, comparison)
    passed = comparison.lower > limit
    reason = (
        f"{comparison.metric} is better than that of {other} by {comparison.difference:+.4f}, with "
        f"{comparison.confidence:.0%} confidence by more than {comparison.lower:+.4f} "
        f"({comparison.blocks} {comparison.drawn} drawn); {limit:+g} is "
        f"{'exceeded' if passed else 'not exceeded'}"
    )
    return Gate(name, passed, comparison.lower, limit, reason)


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
