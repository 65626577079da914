"""What ``ghosteam status`` tells of one problem: sections of whole lines, from the documents that
the loop left.

Nothing here asks AWS: :class:`ProblemDocuments` brings everything, so that a line can be traced to
a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ghosteam.documents.approval import Approval
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.decision import Decision
from ghosteam.documents.lease import RetrainingLease, RolloutLease
from ghosteam.documents.next_rollout import NextRollout
from ghosteam.documents.occasion import WaitingOccasion
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.verdicts import DriftVerdict, PerformanceVerdict

Sections = dict[str, list[str]]
RUNS = VERDICTS = REJECTIONS = 5


@dataclass(frozen=True)
class ProblemDocuments:
    """The state documents of a problem, by what they say; lists are oldest first.

    ``steps``: where the execution of a run, or of ``rollout``, is; ``rejections``: what a batch was
    rejected for, by its id.
    """

    problem: str
    routing: Routing | None = None
    runs: Sequence[Run] = ()
    batches: Sequence[BatchRecord] = ()
    readiness: Readiness | None = None
    approval: Approval | None = None
    next_rollout: NextRollout | None = None
    retraining_lease: RetrainingLease | None = None
    rollout_lease: RolloutLease | None = None
    waiting: Sequence[WaitingOccasion] = ()
    decisions: Sequence[Decision] = ()
    drift: Sequence[DriftVerdict] = ()
    performance: Sequence[PerformanceVerdict] = ()
    registry_notes: Sequence[RegistryNote] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    rejections: Mapping[str, str] = field(default_factory=dict)


def report(found: ProblemDocuments) -> Sections:
    """All sections, each with at least one line."""
    return {
        "Serving": list(_serving(found)),
        "Waiting": list(_waiting(found)) or ["nothing"],
        "Runs": list(_runs(found)) or ["none yet"],
        "Data": list(_data(found)) or ["nothing has landed yet"],
        "Drift": [_drift(one) for one in found.drift[-VERDICTS:]] or ["not judged yet"],
        "Performance": [_performance(one) for one in found.performance[-VERDICTS:]]
        or ["not judged yet"],
    }


def headline(found: ProblemDocuments) -> dict[str, str]:
    """One line of the table of all problems."""
    champion = found.routing.champion if found.routing else None
    waiting = list(_waiting(found))
    return {
        "problem": found.problem,
        "serves": f"version {champion.version}" if champion else "nothing",
        "metric": _metrics(champion.metrics, only_first=True) if champion else "–",
        "last run": f"{moment(found.runs[-1].started_at)} {found.runs[-1].status}"
        if found.runs
        else "–",
        "waits": waiting[0] + (f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else "")
        if waiting
        else "nothing",
        "rejected files": str(sum(batch.status == "rejected" for batch in found.batches)),
        "drift": _word(found.drift[-1]) if found.drift else "–",
        "performance": _word(found.performance[-1]) if found.performance else "–",
    }


def moment(time: datetime | str) -> str:
    """``2013-04-01 03:59``; a text is an ISO time."""
    return f"{datetime.fromisoformat(time) if isinstance(time, str) else time:%Y-%m-%d %H:%M}"


def _serving(found: ProblemDocuments) -> Iterator[str]:
    routing = found.routing
    if routing is None or routing.champion is None:
        yield "champion    none: no model serves"
    else:
        champion = routing.champion
        promoted = next(
            (run.rolled_out_at for run in found.runs if run.run_id == champion.run_id),
            None,
        )
        since = f", promoted {moment(promoted)}" if promoted else ""
        yield f"champion    {_slot(champion)}{since}"
    if routing and (challenger := routing.challenger):
        share, since = challenger.percent, moment(challenger.since)
        yield f"challenger  {_slot(challenger)}, {share} % of traffic since {since}"
    if routing and (kept := routing.replaced):
        back = f"./ghosteam rollback {found.problem} brings it back"
        yield f"kept        version {kept.version} on {kept.endpoint}: {back}"


def _slot(slot: Slot) -> str:
    return (
        f"version {slot.version} on {slot.endpoint}, {_metrics(slot.metrics)}, "
        "trained "
        f"to {moment(slot.train_end)}"
    )


def _metrics(metrics: Mapping[str, float | None], *, only_first: bool = False) -> str:
    told = [
        f"{name} {value:.4g}" for name, value in metrics.items() if isinstance(value, int | float)
    ]
    return told[0] if only_first and told else ", ".join(told) or "no metrics"


def _waiting(found: ProblemDocuments) -> Iterator[str]:
    problem = found.problem
    if found.approval:
        yield (
            f"version {found.approval.version} waits for a person: ./ghosteam approve "
            f"{problem}, or "
            f"./ghosteam approve {problem} --reject"
        )
    if found.rollout_lease:
        version, step = (
            found.rollout_lease.version,
            found.steps.get("rollout", "no execution of it is at work"),
        )
        since = moment(found.rollout_lease.acquired_at)
        yield f"version {version} is being rolled out since {since}: {step}"
    if found.next_rollout:
        since = moment(found.next_rollout.since)
        yield f"version {found.next_rollout.version} waits for that rollout since {since}"
    if found.retraining_lease:
        run_id = found.retraining_lease.run_id
        yield f"run {run_id} is at work: {found.steps.get(run_id, 'no execution of it is at work')}"
    for one in found.waiting:
        until = f", not before {moment(one.not_before)} UTC" if one.not_before else ""
        cause, since = one.occasion.cause, moment(one.since)
        yield f"a retraining because of {cause} since {since}{until}: {one.reason}"
    if found.readiness and not found.readiness.ready:
        yield from (f"data: {reason}" for reason in found.readiness.reasons)
    for note in found.registry_notes:
        yield f"the registry has not been told of version {note.version}"
    declined = [
        one for one in found.decisions if one.decision == "skip" and one.trigger != "readiness"
    ]
    newest_run = found.runs[-1].started_at if found.runs else None
    for decision in sorted(declined, key=lambda one: one.decided_at):
        if newest_run is None or decision.decided_at > newest_run:
            yield f"declined {moment(decision.decided_at)}, {decision.trigger}: {decision.reason}"


def _runs(found: ProblemDocuments) -> Iterator[str]:
    for run in found.runs[-RUNS:]:
        version = f", version {run.version}" if run.version else ""
        started = f"started {moment(run.started_at)} by {run.reason.trigger}"
        yield f"{run.run_id}  {run.status}{version}, {started}"
        yield f"    why  {run.reason.detail}"
        yield from (f"    · {reason}" for reason in run.reasons)
        yield from (f"    lost {family}: {why}" for family, why in run.lost.items())
        yield from (f"    note {note}" for note in run.notes)


def _data(found: ProblemDocuments) -> Iterator[str]:
    for dataset in sorted({batch.dataset for batch in found.batches}):
        batches = [batch for batch in found.batches if batch.dataset == dataset]
        states = Counter(batch.status for batch in batches)
        told = ", ".join(f"{count} {status}" for status, count in sorted(states.items()))
        rows = sum(batch.valid_rows for batch in batches)
        quarantined = sum(batch.quarantined_rows for batch in batches)
        newest = max((batch.max_time for batch in batches if batch.max_time), default=None)
        reach = f", newest row {moment(newest)}" if newest else ""
        yield f"{dataset}: {told}; {rows:,} rows valid, {quarantined:,} quarantined{reach}"
    rejected = [batch for batch in found.batches if batch.status == "rejected"]
    newest_first = sorted(rejected, key=lambda batch: batch.source.landed_at, reverse=True)
    for batch in newest_first[:REJECTIONS]:
        why = found.rejections.get(batch.batch_id, "its rejection could not be read")
        source = batch.source
        yield f"rejected {source.key}, landed {moment(source.landed_at)}: {why}"
    if len(newest_first) > REJECTIONS:
        more = len(newest_first) - REJECTIONS
        yield f"and {more} more rejected files: quarantine/{found.problem}/ in the lake bucket"


Verdict = DriftVerdict | PerformanceVerdict


def _word(verdict: Verdict) -> str:
    if verdict.undetermined:
        return "undetermined"
    if isinstance(verdict, PerformanceVerdict):
        return "degraded" if verdict.degraded else "as expected"
    return "sustained" if verdict.sustained else "drifted" if verdict.drifted else "none"


def _window(verdict: Verdict) -> str:
    return f"{moment(verdict.window_start)} to {moment(verdict.window_end)}: {_word(verdict)}"


def _drift(verdict: DriftVerdict) -> str:
    if verdict.undetermined:
        return f"{_window(verdict)}, {verdict.undetermined}"
    features = ", ".join(verdict.drifted_features) or "no feature"
    return f"{_window(verdict)}, {verdict.rows} rows, drifted: {features}"


def _performance(verdict: PerformanceVerdict) -> str:
    if verdict.undetermined:
        return f"{_window(verdict)}, {verdict.undetermined}"
    return f"{_window(verdict)}, {verdict.metric} {verdict.value:.4f} on {verdict.labels} outcomes"
