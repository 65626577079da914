"""What was measured of a run's models on the hold-out, and what the gates decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ghosteam.documents.agreement import Agreement
from ghosteam.documents.stored import Stored
from ghosteam.errors import Defect

Metrics = Mapping[str, float | None]
"""By name; null where undetermined."""


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


@dataclass(frozen=True, kw_only=True)
class CandidateRecord:
    """A trained model. ``validation`` are its metrics on the validation rows of its training
    window, ``metrics`` those on the hold-out. It learned from events in ``[train_start,
    train_end)`` (ISO-8601 UTC), whose file has the SHA-256 ``fingerprint``.
    """

    family: str
    model_uri: str
    metrics: Metrics
    validation: Metrics = field(default_factory=dict)
    mlflow_run_id: str | None = None
    tracking_error: str | None = None
    train_start: str | None = None
    train_end: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class ChampionRecord:
    """The model that served; ``undetermined``: why it could not be measured."""

    version: str
    metrics: Metrics | None
    undetermined: str | None = None


@dataclass(frozen=True)
class BaselineRecord:
    """What a baseline reaches on the hold-out; ``used``: the candidate was compared with it."""

    value: float | None
    undetermined: str | None
    used: bool


@dataclass(frozen=True, kw_only=True)
class ComparisonRecord:
    """The chosen candidate against another on the same ``rows``: ``difference`` > 0 means that it
    is better, ``lower`` and ``upper`` bound it one-sidedly, each at ``confidence``, from draws of
    so many ``blocks``, which are ``drawn``. ``better``: the lower bound is over the limit.
    """

    better: bool
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    confidence: float | None = None
    metric: str | None = None
    rows: int | None = None
    blocks: int | None = None
    drawn: str | None = None
    undetermined: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation(Stored):
    """``chosen`` is the family of the candidate at ``model_uri``, which all else is about.

    ``lost``: why, by family, a training job left no candidate. ``baseline`` and ``comparison``
    compare with the stronger of the ``baselines`` and with the champion, ``slices`` by
    ``column=value`` or ``column is null``. ``agreement``: how far the champion says the same; null
    where it could not be asked. ``importance``: by feature. ``approval``: why a person must agree.
    """

    kind: ClassVar[str] = "evaluation"
    schema_version: ClassVar[int] = 2

    problem: str
    run_id: str
    task: str
    metric: str
    holdout_rows: int
    candidates: tuple[CandidateRecord, ...]
    chosen: str
    model_uri: str
    decision: Literal["promote", "refuse"]
    reasons: tuple[str, ...]
    gates: tuple[Gate, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    champion: ChampionRecord | None = None
    baseline: ComparisonRecord | None = None
    baselines: Mapping[str, BaselineRecord] = field(default_factory=dict)
    comparison: ComparisonRecord | None = None
    agreement: Agreement | None = None
    slices: Mapping[str, ComparisonRecord] = field(default_factory=dict)
    importance: Metrics = field(default_factory=dict)
    approval: str | None = None

    @property
    def candidate(self) -> CandidateRecord:
        """The one that was chosen. Raises Defect when it is not among the candidates."""
        for one in self.candidates:
            if one.model_uri == self.model_uri:
                return one
        raise Defect(
            "The evaluation chose a model that is none of its candidates",
            where={"problem": self.problem, "run_id": self.run_id, "model_uri": self.model_uri},
            remedy="Retrain; only a model that was measured is used",
        )
