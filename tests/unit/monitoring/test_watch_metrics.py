"""What the watches found becomes metrics: few of them, and the same ones window after window."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured
from ghosteam.documents.performance_verdict import Amount, Earned
from ghosteam.monitoring.verdicts import most_used
from ghosteam.steps.watch_metrics import (
    SHOWN_FEATURES,
    SHOWN_OUTPUTS,
    publish_drift,
    publish_performance,
)
from tests import documents

END = datetime(2024, 5, 20, tzinfo=UTC)
Emitted = dict[tuple[str, str], float]


def feature(name: str, effect: float | None, importance: float | None = None) -> FeatureMeasured:
    return FeatureMeasured(
        name=name,
        role="feature",
        method="ks",
        statistic=0.1,
        p=0.5,
        effect=effect,
        told=None,
        importance=importance,
        matters=True,
        drifted=False,
        undetermined=None,
    )


def verdict(*features: FeatureMeasured) -> DriftVerdict:
    return DriftVerdict(
        window_start=END - timedelta(days=1),
        window_end=END,
        model_version="1",
        share=0.25,
        sustained=True,
        features=features,
    )


def emitted(capsys: pytest.CaptureFixture[str]) -> Emitted:
    """Values by (metric, the dimension beside the problem)."""
    found: Emitted = {}
    for line in capsys.readouterr().out.splitlines():
        record = json.loads(line)
        (directive,) = record["_aws"]["CloudWatchMetrics"]
        (metric,) = directive["Metrics"]
        (names,) = directive["Dimensions"]
        assert record["Problem"] == "flights"
        key = (metric["Name"], *(str(record[name]) for name in names if name != "Problem"), "")[:2]
        assert key not in found, "one value of one window"
        (value,) = record[metric["Name"]]
        found[key] = value
    return found


def test_a_window_s_drift_and_predictions_are_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outputs = pl.DataFrame({"late": [n / 10 for n in range(11)] + [None]})
    publish_drift("flights", verdict(feature("temp", -0.4), feature("wind", None)), outputs)
    assert emitted(capsys) == {
        ("DriftedShare", ""): 0.25,
        ("DriftSustained", ""): 1,
        ("FeatureDrift", "temp"): 0.4,
        ("ScoreLow", "late"): 0.1,
        ("ScoreMiddle", "late"): 0.5,
        ("ScoreHigh", "late"): 0.9,
    }


def test_of_many_features_and_outputs_the_most_used_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = [feature(f"f{n:02}", 0.1, importance=n / 100) for n in range(50)]
    names = [one.name for one in most_used(many)[:SHOWN_FEATURES]]
    assert names == [f"f{n}" for n in range(49, 49 - SHOWN_FEATURES, -1)]
    drifted = [replace(one, drifted=True) for one in reversed(many)]
    assert [one.name for one in most_used(drifted)[:SHOWN_FEATURES]] == names, "whatever drifts"
    wide = pl.DataFrame({f"class_{n}": [0.5] for n in range(20)})
    publish_drift("flights", verdict(*many), wide)
    found = emitted(capsys)
    assert sum(name == "FeatureDrift" for name, _ in found) == SHOWN_FEATURES
    assert sum(name == "ScoreHigh" for name, _ in found) == SHOWN_OUTPUTS


def test_nothing_is_published_of_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    empty = pl.DataFrame({"late": pl.Series([], dtype=pl.Float64)})
    publish_drift("flights", verdict(), empty)
    assert {name for name, _ in emitted(capsys)} == {"DriftedShare", "DriftSustained"}


def test_performance_is_published_with_its_bounds_and_coverage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = documents.performance_verdict(
        value=0.61, lower=0.58, upper=0.64, limit=0.5, labels=300, predictions=400
    )
    described = {"positive_rate": 0.2, "other": float("nan")}
    publish_performance("flights", found, described=described)
    told = emitted(capsys)
    assert told == {
        ("PerformanceDegraded", ""): 0,
        ("Performance", ""): 0.61,
        ("PerformanceLower", ""): 0.58,
        ("PerformanceUpper", ""): 0.64,
        ("PerformanceLimit", ""): 0.5,
        ("LabelCoverage", ""): 0.75,
        ("LabelSummary", "positive_rate"): 0.2,
    }
    of_day = Amount(value=1_200, lower=1_000, upper=1_400)
    earned = Earned(got=3, promised=4, lost_a_day=400, lower=200, upper=600, a_day=of_day)
    publish_performance("flights", replace(found, earned=earned), described=described)
    assert emitted(capsys) == told | {
        ("ValueADay", ""): 1_200,
        ("ValueADayLower", ""): 1_000,
        ("ValueADayUpper", ""): 1_400,
        ("ValueADayPromised", ""): 1_600,
    }
