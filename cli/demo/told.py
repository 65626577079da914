"""Measurements and verdicts in a line each."""

from __future__ import annotations

from collections.abc import Mapping

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict


def told(metric: str, metrics: Mapping[str, float | None]) -> str:
    """``roc_auc 0.714``."""
    value = metrics.get(metric)
    return f"{metric} {'undetermined' if value is None else f'{value:.3f}'}"


def performance_of(verdict: PerformanceVerdict) -> str:
    """A determined verdict in a line."""
    word = "degraded" if verdict.degraded else "as expected"
    return (
        f"performance {_window(verdict)}: {verdict.metric} {verdict.value:.3f} on "
        f"{verdict.labels} outcomes, {word}"
    )


def drift_of(verdict: DriftVerdict) -> str:
    """A verdict in a line."""
    window = _window(verdict)
    if verdict.undetermined:
        return f"drift {window}: undetermined, {verdict.undetermined}"
    state = "sustained drift" if verdict.sustained else "drift" if verdict.drifted else "no drift"
    return (
        f"drift {window}, {verdict.rows} predictions: {state} in "
        f"{', '.join(verdict.drifted_features[:6]) or 'nothing'}"
    )


def _window(verdict: DriftVerdict | PerformanceVerdict) -> str:
    return f"{verdict.window_start:%Y-%m-%d} to {verdict.window_end:%Y-%m-%d}"
