"""Use case: something happened that may be a reason to retrain; decide, write the decision down, and start the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ghosteam import layout
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.executions import Executions
from ghosteam.aws.state import StateTable
from ghosteam.errors import InvalidInput
from ghosteam.features.lake_parts import span_of
from ghosteam.monitoring.requests import parse_moment
from ghosteam.problem.spec import Problem
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.documents import champion, lease_holder
from ghosteam.retraining.policy import Cause, Situation, Start, decide, name_run
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

READINESS = "readiness"
_CAUSES: Mapping[str, Cause] = {
    "FeaturesMaterialized": "readiness",
    "DriftDetected": "drift",
    "PerformanceDegraded": "performance",
    "RetrainingRequested": "request",
}


@dataclass(frozen=True)
class Occasion:
    """What may be a reason to retrain: its cause, its words, and the business time it speaks of (None: the newest data's)."""

    cause: Cause
    detail: str
    as_of: datetime | None
    request: str = ""


def occasion_of(event: Mapping[str, Any]) -> Occasion:
    """The occasion in an event document of the bus. Raises InvalidInput for an event that is none, or has an unreadable
    time.
    """
    kind, detail = str(event["detail-type"]), event["detail"]
    if kind not in _CAUSES:
        raise InvalidInput(
            f"{kind} is no reason to retrain",
            where={"field": "detail-type"},
            remedy=f"Send one of {', '.join(_CAUSES)}",
        )
    cause = _CAUSES[kind]
    if cause == "readiness":
        return Occasion(cause, f"batch {detail['batch_id']} of {detail['dataset']} is materialised", None)
    as_of = parse_moment(detail.get("as_of"))
    if cause == "request":
        return Occasion(cause, str(detail.get("detail") or "requested"), as_of, request=str(event["id"]))
    if cause == "drift":
        text = f"{detail['features']} drifted in the window to {detail['window_end']}"
    else:
        measured = f"{detail['metric']} is {detail['value']:.4f}, past its limit {detail['limit']:.4f}"
        text = f"{measured}, in the window to {detail['window_end']}"
    return Occasion(cause, text, as_of)


def decide_retraining(
    problem: Problem, event: Mapping[str, Any], *, now: datetime, state: StateTable, executions: Executions
) -> dict[str, Any]:
    """Returns the decision, which is also stored as ``decision#<run id>``: ``{"decision": "start" | "skip", "reason",
    "run_id", …}``.

    The same event again gives the same decision and starts nothing twice.
    """
    name, occasion = problem.problem, occasion_of(event)
    if occasion.cause == "readiness":
        note_materialized(state, name, event["detail"]["dataset"], event["detail"]["batch_id"])
    readiness = assess(problem, state, as_of=occasion.as_of)
    newest = readiness.holdout_end if isinstance(readiness, Ready) else None
    as_of = occasion.as_of or newest or now
    run_id = name_run(name, occasion.cause, as_of, request=occasion.request)
    known = state.get(name, f"decision#{run_id}")
    if known is not None and known.data["decision"] == "start":
        return known.data
    serving = champion(state, name)
    situation = Situation(
        readiness=readiness,
        runs=[document.data for document in state.list(name, layout.run_document(""))],
        holder=lease_holder(state, name),
        champion_train_end=datetime.fromisoformat(serving["train_end"]) if serving else None,
        run_usd=estimated_usd(problem.model),
    )
    answer = decide(occasion.cause, problem.retrain, situation, run_id=run_id, as_of=as_of, now=now)
    decision = {
        "decision": "start" if isinstance(answer, Start) else "skip",
        "reason": answer.reason,
        "trigger": occasion.cause,
        "detail": occasion.detail,
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "decided_at": now.isoformat(),
    }
    if isinstance(answer, Start):
        reason = {"trigger": occasion.cause, "detail": occasion.detail}
        document = {"problem": name, "run_id": run_id, "reason": reason, "as_of": as_of.isoformat()}
        executions.start(run_id, document)
    state.update(name, f"decision#{run_id}", lambda _: decision)
    return decision


def note_materialized(state: StateTable, problem: str, dataset: str, batch_id: str) -> None:
    """Remember that a batch's features can be read online: a run on batches that cannot would fail its parity gate."""
    state.update(problem, _materialized_key(dataset, batch_id), lambda current: current or {"batch_id": batch_id})


def assess(problem: Problem, state: StateTable, *, as_of: datetime | None) -> Ready | Waiting:
    """Readiness on the active batches whose features are materialised; the answer is stored as ``readiness``."""
    name, ledger = problem.problem, BatchLedger(state)
    coverage = {}
    for dataset in (problem.events_name, *problem.joined_datasets):
        online = {document.data["batch_id"] for document in state.list(name, _materialized_key(dataset, ""))}
        coverage[dataset] = [span_of(batch) for batch in ledger.active(name, dataset) if batch.batch_id in online]
    readiness = assess_readiness(problem, coverage, as_of=as_of)
    waiting = list(readiness.reasons) if isinstance(readiness, Waiting) else []
    state.update(name, READINESS, lambda _: {"ready": not waiting, "reasons": waiting})
    return readiness


def _materialized_key(dataset: str, batch_id: str) -> str:
    return f"materialized#{dataset}#{batch_id}"
