"""What the watches found, as metrics: what dashboards show over time.

A metric has a price, a month and each set of dimensions: of features and outputs the first are
published, and the rest is in the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.monitoring.verdicts import most_used
from ghosteam.runtime.observability import count, measure

SHOWN_FEATURES = 10
"""Those that the model uses most."""
SHOWN_OUTPUTS = 5
SHOWN_STATISTICS = 5
_QUANTILES = {"ScoreLow": 0.1, "ScoreMiddle": 0.5, "ScoreHigh": 0.9}


def publish_drift(problem: str, verdict: DriftVerdict, outputs: pl.DataFrame) -> None:
    """Of a verdict that is determined, and of the predictions that it is about, a column an
    output.
    """
    count("DriftedShare", verdict.share or 0.0, Problem=problem)
    count("DriftSustained", int(verdict.sustained), Problem=problem)
    for one in most_used(verdict.features)[:SHOWN_FEATURES]:
        assert one.effect is not None
        measure("FeatureDrift", abs(one.effect), Problem=problem, Feature=one.name)
    for name in outputs.columns[:SHOWN_OUTPUTS]:
        for metric, quantile in _QUANTILES.items():
            value = outputs[name].quantile(quantile, "nearest")
            if value is not None:
                measure(metric, value, Problem=problem, Output=name)


def publish_performance(
    problem: str, found: PerformanceVerdict, *, described: Mapping[str, float]
) -> None:
    """Of a window that was judged; ``described``: its outcomes in a few numbers."""
    count("PerformanceDegraded", int(found.degraded), Problem=problem)
    earned = found.earned
    brought = earned.a_day if earned else None
    for metric, value in {
        "Performance": found.value,
        "PerformanceLower": found.lower,
        "PerformanceUpper": found.upper,
        "PerformanceLimit": found.limit,
        "LabelCoverage": (found.labels or 0) / found.predictions if found.predictions else None,
        "ValueADay": brought.value if brought else None,
        "ValueADayLower": brought.lower if brought else None,
        "ValueADayUpper": brought.upper if brought else None,
        "ValueADayPromised": brought.value + earned.lost_a_day if brought and earned else None,
    }.items():
        if value is not None and np.isfinite(value):
            measure(metric, value, Problem=problem)
    for statistic, value in list(described.items())[:SHOWN_STATISTICS]:
        if np.isfinite(value):
            measure("LabelSummary", value, Problem=problem, Statistic=statistic)
