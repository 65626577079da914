"""Who is judged on the hold-out, what was measured of each, and how that goes on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import polars as pl

from ghosteam.documents.evaluation import CandidateRecord, ChampionRecord, ComparisonRecord
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
    """The model that serves now. ``predictor`` is the reason when it could not be loaded, or
    learned another outcome. ``features``: the hold-out's as it learned them, where that is
    otherwise than the candidates; else None. ``changed``: whether it learned by another definition.
    """

    version: str
    predictor: Predictor | Undetermined
    features: pl.DataFrame | None = None
    changed: bool = False


@dataclass(frozen=True)
class HoldoutResult:
    """One model on the hold-out: ``outputs`` ``(n_rows, n_outputs)``."""

    outputs: Floats
    metrics: dict[str, Value]


def candidate_told(candidate: Candidate, found: HoldoutResult, latency: Value) -> CandidateRecord:
    """A candidate on record."""
    manifest = candidate.predictor.manifest
    return CandidateRecord(
        family=manifest.family,
        model_uri=candidate.model_uri,
        mlflow_run_id=manifest.mlflow_run_id,
        tracking_error=manifest.tracking_error,
        validation=dict(manifest.validation),
        metrics=_plain({**found.metrics, "latency_ms_p95": latency}),
        train_start=manifest.train_start,
        train_end=manifest.train_end,
        fingerprint=manifest.fingerprint,
    )


def champion_told(champion: Champion, found: HoldoutResult | Undetermined) -> ChampionRecord:
    """The champion on record."""
    if isinstance(found, Undetermined):
        return ChampionRecord(champion.version, None, found.reason)
    return ChampionRecord(champion.version, _plain(found.metrics))


def comparison_told(comparison: Comparison | Undetermined, limit: float) -> ComparisonRecord:
    """A comparison on record; ``limit``: what its lower bound has to be over."""
    if isinstance(comparison, Undetermined):
        return ComparisonRecord(better=False, undetermined=comparison.reason)
    return ComparisonRecord(**asdict(comparison), better=comparison.lower > limit)


def _plain(values: Mapping[str, Value]) -> dict[str, float | None]:
    """What is undetermined is null."""
    return {
        name: None if isinstance(value, Undetermined) else value for name, value in values.items()
    }
