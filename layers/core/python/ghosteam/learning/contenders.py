"""Who is judged on the hold-out, what was measured of each, and how the evaluation tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ghosteam.learning.compare import Comparison
from ghosteam.learning.package import Predictor
from ghosteam.metrics.metric import Floats, Value
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class Candidate:
    """A trained model and the address of its package."""

    predictor: Predictor
    model_uri: str


@dataclass(frozen=True)
class Champion:
    """The model that serves now. ``predictor`` is the reason when it could not be loaded."""

    version: str
    predictor: Predictor | Undetermined


@dataclass(frozen=True)
class Measured:
    """One model on the hold-out: ``outputs`` ``(n_rows, n_outputs)``."""

    outputs: Floats
    metrics: dict[str, Value]


def candidate_told(candidate: Candidate, found: Measured, latency: Value) -> dict[str, Any]:
    """A candidate in ``evaluation.json``."""
    manifest = candidate.predictor.manifest
    return {
        "family": manifest.family,
        "model_uri": candidate.model_uri,
        "mlflow_run_id": manifest.mlflow_run_id,
        "tracking_error": manifest.tracking_error,
        "validation": dict(manifest.validation),
        "metrics": _plain({**found.metrics, "latency_ms_p95": latency}),
        "train_start": manifest.train_start,
        "train_end": manifest.train_end,
        "fingerprint": manifest.fingerprint,
    }


def champion_told(
    champion: Champion | None, found: Measured | Undetermined | None
) -> dict[str, Any] | None:
    """The champion in ``evaluation.json``; null when there is none."""
    if champion is None or found is None:
        return None
    metrics = _plain(found.metrics) if isinstance(found, Measured) else None
    reason = found.reason if isinstance(found, Undetermined) else None
    return {"version": champion.version, "metrics": metrics, "undetermined": reason}


def comparison_told(
    comparison: Comparison | Undetermined | None, limit: float
) -> dict[str, Any] | None:
    """A comparison in ``evaluation.json``; ``better``: its lower bound is over ``limit``."""
    if isinstance(comparison, Comparison):
        return {**asdict(comparison), "better": comparison.lower > limit}
    if isinstance(comparison, Undetermined):
        return {
            "difference": None,
            "lower": None,
            "upper": None,
            "confidence": None,
            "better": False,
            "undetermined": comparison.reason,
        }
    return None


def _plain(values: Mapping[str, Value]) -> dict[str, float | None]:
    """JSON-ready: what is undetermined is null."""
    return {
        name: None if isinstance(value, Undetermined) else value for name, value in values.items()
    }
