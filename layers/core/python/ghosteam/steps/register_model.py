"""Use case: a run's evaluation either becomes a registered model version or a refusal with its
reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ghosteam.aws.bus import Bus
from ghosteam.aws.digests import evaluation_on_record, record
from ghosteam.aws.model_registry import CANDIDATE, RUN_TAG, ModelRegistry, model_name
from ghosteam.aws.objects import Objects
from ghosteam.aws.runs import update_run
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys
from ghosteam.documents.digests import digest_for
from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.event import Event
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.run import Run, RunStatus
from ghosteam.errors import GhosteamError, NotFound
from ghosteam.rollout.plan import served_model
from ghosteam.runtime.observability import count, logger
from ghosteam.steps.mlflow_model import lay_down
from ghosteam.steps.packages import digests_of_packages


@dataclass(frozen=True)
class Registered:
    """The model's ``version``, None when the gates refused it; ``reasons`` of the decision."""

    version: str | None
    reasons: Sequence[str]

    @property
    def decision(self) -> str:
        """``promote`` or ``refuse``."""
        return "refuse" if self.version is None else "promote"


def register_model(
    problem: str,
    run_id: str,
    *,
    artifacts: Objects,
    state: StateTable,
    registry: ModelRegistry,
    bus: Bus,
    refit: bool = False,
    now: datetime,
) -> Registered:
    """Make a version of the model that passed.

    The hold-out's metrics, the importance of each feature and the gates' outcomes go to the chosen
    candidate's MLflow run either way; when there is none, or it was deleted, that is noted in the
    run's document and changes nothing. A version is an MLflow model of its own and carries
    its lineage as tags. Repeating it makes no second version. The model that was fitted again, if
    there is one, is put on record first and becomes the version; else the judged one does, and a
    note says so where ``refit`` was asked for.

    Raises:
        NotFound: the run has no evaluation.
        Defect: the model that the evaluation chose has no digest on record, or the evaluation
            changed since.
    """
    again = digests_of_packages(artifacts, keys.refitted(problem, run_id))
    digests = record(state, artifacts, problem, run_id, again)
    evaluation = evaluation_on_record(artifacts, problem, run_id, digests)
    chosen = evaluation.candidate
    notes = _tracking_notes(evaluation)
    if refit and not again:
        notes.append("fitting the model again failed: it serves as it was judged")
    notes += _record_evaluation(registry, evaluation)
    reasons = evaluation.reasons
    if evaluation.decision != "promote":
        _set_run(
            state, problem, run_id, status="refused", reasons=reasons, version=None, notes=notes
        )
        count("GatesRefused", 1, Problem=problem)
        return Registered(None, reasons)
    served = served_model(evaluation, digests)
    digest = digest_for(digests, parse_uri(served)[1])
    name = model_name(problem)
    registry.ensure_model(name)
    tags = {
        RUN_TAG: run_id,
        "family": chosen.family,
        "digest": digest,
        "package": served,
        "judged": chosen.model_uri,
        "plan": artifacts.uri(keys.plan(problem, run_id)),
        "training_set": artifacts.uri(keys.training_set(problem, run_id)),
        "evaluation": artifacts.uri(keys.evaluation(problem, run_id)),
    }
    mlflow_run = chosen.mlflow_run_id
    source = lay_down(
        artifacts,
        served,
        digest=digest,
        version=registry.client_version,
        mlflow_run=mlflow_run,
        now=now,
    )
    version, lineage = _create_version(registry, name, source, mlflow_run, tags)
    notes += lineage
    registry.set_alias(name, CANDIDATE, version)
    _set_run(
        state, problem, run_id, status="registered", reasons=reasons, version=version, notes=notes
    )
    bus.publish(Event("ModelRegistered", problem, {"run_id": run_id, "version": version}))
    return Registered(version, reasons)


def holdout_metrics(metrics: Mapping[str, float | None]) -> dict[str, float]:
    """A candidate's measurements, named as hold-out metrics; what was undetermined is left out."""
    return {f"holdout_{name}": value for name, value in metrics.items() if value is not None}


def _tracking_notes(evaluation: Evaluation) -> list[str]:
    return [
        f"MLflow, {one.family}: {one.tracking_error}"
        for one in evaluation.candidates
        if one.tracking_error
    ]


def _record_evaluation(registry: ModelRegistry, evaluation: Evaluation) -> list[str]:
    """MLflow keeps the record of a run, not the run's outcome: what it does not take is a note."""
    notes = []
    try:
        if trouble := registry.mismatch():
            notes.append(trouble)
        if run := evaluation.candidate.mlflow_run_id:
            importance = {
                f"importance_{name}": value
                for name, value in evaluation.importance.items()
                if value is not None
            }
            registry.log_evaluation(
                run,
                {**holdout_metrics(evaluation.candidate.metrics), **importance},
                {
                    "decision": evaluation.decision,
                    **{f"gate.{gate.name}": gate.reason for gate in evaluation.gates},
                },
            )
    except GhosteamError as error:
        notes.append(f"the hold-out's metrics are not in MLflow: {error}")
    for note in notes:
        logger.error("tracking", extra={"note": note})
    return notes


def _create_version(
    registry: ModelRegistry, name: str, source: str, mlflow_run: str | None, tags: dict[str, str]
) -> tuple[str, list[str]]:
    try:
        return registry.create_version(name, source, mlflow_run, tags), []
    except NotFound:
        # The MLflow run that made it was deleted: the version stands without that link.
        version = registry.create_version(name, source, None, tags)
        return version, [f"MLflow's run {mlflow_run} does not exist any more"]


def _set_run(
    state: StateTable,
    problem: str,
    run_id: str,
    *,
    status: RunStatus,
    reasons: Sequence[str],
    version: str | None,
    notes: Sequence[str],
) -> None:
    def change(run: Run) -> Run:
        # The rollout may have gone on from here when this step is repeated.
        if run.status in ("promoted", "rolled_back", "superseded"):
            return run
        return replace(
            run, status=status, reasons=tuple(reasons), version=version, notes=tuple(notes)
        )

    update_run(state, problem, run_id, change)
