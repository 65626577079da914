from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest

from ghosteam.documents.evaluation import Gate
from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.learning.compare import Comparison
from ghosteam.learning.gates import Measurements, conclude, evaluate_gates
from ghosteam.problem.promote import BeatChampion, Promote
from ghosteam.undetermined import Undetermined

PROMOTE = Promote(
    metric="roc_auc",
    at_least=0.6,
    slices=("line",),
    max_slice_drop=0.05,
    beat_champion=BeatChampion(by=0.0),
)


def compared(difference: float, lower: float, upper: float = 0.1) -> Comparison:
    return Comparison("roc_auc", difference, lower, upper, 0.95, 1000, 14, "days")


def parity(stored: FeatureParity) -> Parity:
    return Parity(stored={"wind": stored})


GOOD = Measurements(
    metrics={"roc_auc": 0.7, "log_loss": 0.5, "brier": 0.17, "calibration_error": 0.02},
    honesty="calibration_error",
    baseline=compared(0.2, 0.15),
    baseline_name="constant",
    slices={
        "line=red": compared(0.01, -0.08),
        "line=blue": compared(-0.06, -0.1, -0.02),
        "line=rare": Undetermined("12 rows"),
    },
    latency_ms=1.0,
    comparison=compared(0.02, 0.01),
    features=("line", "wind"),
    expected_features=("line", "wind"),
    parity=parity(FeatureParity(500, different=5)),
)


def gate(name: str, found: Measurements, promote: Promote = PROMOTE) -> Gate:
    return next(gate for gate in evaluate_gates(found, promote) if gate.name == name)


def test_a_good_candidate_passes_every_gate_and_is_promoted_for_stated_reasons() -> None:
    gates = evaluate_gates(GOOD, PROMOTE)
    assert {gate.name for gate in gates} == {
        "absolute",
        "beats_baseline",
        "calibration",
        "latency",
        "schema",
        "parity",
        "slices",
        "beats_champion",
    }
    decision, reasons = conclude(gates)
    assert decision == "promote"
    assert len(reasons) == len(gates)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("absolute", {"metrics": {**GOOD.metrics, "roc_auc": 0.59}}, "below 0.6"),
        ("calibration", {"metrics": {**GOOD.metrics, "calibration_error": 0.11}}, "above 0.1"),
        ("latency", {"latency_ms": 51.0}, "above 50"),
        ("schema", {"features": ("line",)}, "lacks wind"),
        ("schema", {"features": ("wind", "line")}, "in their order"),
        ("parity", {"parity": parity(FeatureParity(500, different=25))}, "wind different in 5.0%"),
        (
            "slices",
            {"slices": {**GOOD.slices, "line=red": compared(-0.08, -0.11, -0.051)}},
            "line=red, the worst of 2 slices",
        ),
        ("beats_champion", {"comparison": compared(0.01, -0.002)}, "not exceeded"),
        (
            "absolute",
            {"metrics": {**GOOD.metrics, "roc_auc": Undetermined("only one class is present")}},
            "one class",
        ),
        ("absolute", {"metrics": {**GOOD.metrics, "roc_auc": 1.0925}}, "1.0925 is outside [0, 1]"),
        ("absolute", {"metrics": {**GOOD.metrics, "roc_auc": -1.13}}, "outside [0, 1]"),
        ("absolute", {"metrics": {**GOOD.metrics, "roc_auc": math.nan}}, "outside [0, 1]"),
        ("calibration", {"metrics": {**GOOD.metrics, "calibration_error": -1.0}}, "outside"),
        ("beats_baseline", {"baseline": compared(0.0, 0.0)}, "how often each outcome comes"),
        (
            "beats_baseline",
            {"baseline": compared(0.0, 0.0), "baseline_name": "last_known"},
            "that of knowing only the last known outcome",
        ),
        ("beats_baseline", {"baseline": Undetermined("of 150 rows all but 3")}, "all but 3"),
        ("parity", {"parity": parity(FeatureParity())}, "undetermined"),
        ("slices", {"slices": {"line=rare": Undetermined("12 rows")}}, "undetermined"),
        (
            "beats_champion",
            {"comparison": Undetermined("it saw the hold-out")},
            "it saw the hold-out",
        ),
    ],
)
def test_one_fault_refuses_by_its_own_gate_alone(
    name: str, change: dict[str, object], says: str
) -> None:
    found = replace(GOOD, **change)  # type: ignore[arg-type]
    gates = evaluate_gates(found, PROMOTE)
    assert [gate.name for gate in gates if not gate.passed] == [name]
    decision, reasons = conclude(gates)
    assert decision == "refuse"
    assert len(reasons) == 1 and says in reasons[0]
    json.dumps([asdict(gate) for gate in gates], allow_nan=False)


def test_without_a_champion_there_is_nothing_to_beat() -> None:
    assert "beats_champion" not in {
        gate.name for gate in evaluate_gates(replace(GOOD, comparison=None), PROMOTE)
    }


@pytest.mark.parametrize(
    ("setting", "decision", "asks"),
    [("approve", "promote", True), ("promote", "promote", False), ("refuse", "refuse", False)],
)
def test_a_champion_that_cannot_be_compared_is_an_outcome_by_the_problems_setting(
    setting: str, decision: str, asks: bool
) -> None:
    promote = PROMOTE.model_copy(update={"when_champion_unusable": setting})
    found = replace(GOOD, champion_unusable="it cannot be loaded", comparison=Undetermined("x"))
    gates = evaluate_gates(found, promote)
    assert conclude(gates)[0] == decision
    assert gate("beats_champion", found, promote).asks is asks
    assert "it cannot be loaded" in gate("beats_champion", found, promote).reason


def test_without_a_usable_champion_the_absolute_gates_still_refuse() -> None:
    found = replace(GOOD, champion_unusable="gone", metrics={**GOOD.metrics, "roc_auc": 0.5})
    assert conclude(evaluate_gates(found, PROMOTE))[0] == "refuse"


def test_a_loss_must_be_at_most_the_limit_and_worse_means_greater() -> None:
    promote = Promote(metric="log_loss", at_most=0.6)
    assert gate("absolute", GOOD, promote).passed
    assert not gate(
        "absolute", replace(GOOD, metrics={**GOOD.metrics, "log_loss": 0.61}), promote
    ).passed


def test_without_a_limit_a_candidate_must_still_be_better_than_knowing_nothing() -> None:
    names = [gate.name for gate in evaluate_gates(GOOD, Promote(metric="roc_auc"))]
    assert "absolute" not in names and "beats_baseline" in names


def test_a_slice_that_chance_may_have_made_worse_refuses_nothing() -> None:
    unlucky = replace(GOOD, slices={"line=red": compared(-0.2, -0.5, -0.04)})
    assert gate("slices", unlucky).passed


def test_a_regressions_intervals_are_judged_by_their_coverage() -> None:
    found = replace(GOOD, metrics={"rmse": 3.0, "coverage_error": 0.12}, honesty="coverage_error")
    refused = gate("calibration", found, Promote(metric="rmse"))
    assert not refused.passed and refused.reason == "coverage error 0.1200 is above 0.1"


def test_a_challenger_must_be_better_by_more_than_the_margin() -> None:
    promote = PROMOTE.model_copy(update={"beat_champion": BeatChampion(by=0.01)})
    assert not gate("beats_champion", GOOD, promote).passed
