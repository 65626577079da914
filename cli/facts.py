"""What the documents of a problem say: facts, each a sentence and the document that it is from.

``ghosteam status`` and ``ghosteam why`` are made of them. Nothing here asks AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ghosteam.documents import state_keys
from ghosteam.documents.approval import Approval
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.change import Change
from ghosteam.documents.decision import Decision
from ghosteam.documents.lease import RetrainingLease, RolloutLease
from ghosteam.documents.next_rollout import NextRollout
from ghosteam.documents.occasion import WaitingOccasion
from ghosteam.documents.outcomes import Outcomes
from ghosteam.documents.prediction_log import LogHour
from ghosteam.documents.published import Published
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.verdicts import DriftVerdict, OutcomeVerdict, PerformanceVerdict
from ghosteam.monitoring.log_loss import HOUR, last_day, loss_in

NOWHERE = "no execution of it is at work"


@dataclass(frozen=True)
class Fact:
    """``document``: the key of what says so, in the state table or a bucket; empty where it is the
    absence of documents that says it.
    """

    text: str
    document: str = ""


Answer = dict[str, list[Fact]]
"""Facts by section."""


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
    outcome_drift: Sequence[OutcomeVerdict] = ()
    registry_notes: Sequence[RegistryNote] = ()
    log_hours: Sequence[LogHour] = ()
    published: Published | None = None
    changes: Sequence[Change] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    rejections: Mapping[str, str] = field(default_factory=dict)
    outcomes: Outcomes | None = None
    windows_version: str = ""

    @property
    def champion(self) -> Slot | None:
        """The slot that serves."""
        return self.routing.champion if self.routing else None

    def run(self, run_id: str) -> Run | None:
        """The run's document, if there is one."""
        return next((run for run in self.runs if run.run_id == run_id), None)


def of_outcomes(found: ProblemDocuments) -> Iterator[Fact]:
    """How far labels and events have met, of a problem that has labels."""
    met = found.outcomes
    if met is None:
        return
    key = (state_keys.OUTCOMES / found.windows_version).text
    yield Fact(f"{met.labelled:,} of {met.events:,} events have an outcome", key)
    if met.waiting:
        waiting, such = f"{met.waiting:,} of {met.labels:,} labels", "; ".join(met.examples)
        yield Fact(f"{waiting} wait for their event, such as that of {such}", key)
    if met.unusable:
        yield Fact(
            f"{met.unusable:,} labels make no outcome with their event: a part is missing, or it "
            "is none of the task's",
            key,
        )


def moment(time: datetime | str) -> str:
    """``2013-04-01 03:59``; a text is an ISO time."""
    return f"{datetime.fromisoformat(time) if isinstance(time, str) else time:%Y-%m-%d %H:%M}"


def texts(facts: Iterable[Fact]) -> list[str]:
    """The facts without their documents."""
    return [fact.text for fact in facts]


def of_serving(found: ProblemDocuments) -> Iterator[tuple[str, Fact]]:
    """The slots that there are, each with its role."""
    champion, routing, key = found.champion, found.routing, state_keys.ROUTING.text
    if champion is None:
        yield "champion", Fact("none: no model serves", key if routing else "")
    else:
        made_by = found.run(champion.run_id)
        promoted = made_by.rolled_out_at if made_by else None
        since = f", promoted {moment(promoted)}" if promoted else ""
        yield "champion", Fact(f"{_of_slot(champion)}{since}", key)
    if routing and (challenger := routing.challenger):
        share = f"{challenger.percent} % of traffic since {moment(challenger.since)}"
        yield "challenger", Fact(f"{_of_slot(challenger)}, {share}", key)
    if routing and (kept := routing.replaced):
        back = f"./ghosteam rollback {found.problem} brings it back"
        yield "kept", Fact(f"version {kept.version} on {kept.endpoint}: {back}", key)


def of_metrics(metrics: Mapping[str, float | None]) -> list[str]:
    """Each metric that has a value, with it."""
    return [f"{name} {value:.4g}" for name, value in metrics.items() if value is not None]


def _of_slot(slot: Slot) -> str:
    metrics = ", ".join(of_metrics(slot.metrics)) or "no metrics"
    return (
        f"version {slot.version} on {slot.endpoint}, {metrics}, trained to {moment(slot.train_end)}"
    )


def of_waiting(found: ProblemDocuments) -> Iterator[Fact]:
    """What waits now, for whom or for what."""
    problem = found.problem
    if found.approval:
        yield Fact(
            f"version {found.approval.version} waits for a person: ./ghosteam approve {problem}, "
            f"or ./ghosteam approve {problem} --reject",
            state_keys.APPROVAL.text,
        )
    if found.rollout_lease:
        version, since = found.rollout_lease.version, moment(found.rollout_lease.acquired_at)
        step = found.steps.get("rollout", NOWHERE)
        yield Fact(
            f"version {version} is being rolled out since {since}: {step}",
            state_keys.ROLLOUT_LEASE.text,
        )
    if found.next_rollout:
        since = moment(found.next_rollout.since)
        yield Fact(
            f"version {found.next_rollout.version} waits for that rollout since {since}",
            state_keys.NEXT_ROLLOUT.text,
        )
    if found.retraining_lease:
        run_id = found.retraining_lease.run_id
        yield Fact(
            f"run {run_id} is at work: {found.steps.get(run_id, NOWHERE)}",
            state_keys.RETRAINING_LEASE.text,
        )
    for one in found.waiting:
        until = f", not before {moment(one.not_before)} UTC" if one.not_before else ""
        yield Fact(
            f"a retraining because of {one.occasion.cause} since {moment(one.since)}{until}: "
            f"{one.reason}",
            (state_keys.WAITING / one.occasion_id).text,
        )
    if found.readiness:
        for reason in (*found.readiness.reasons, *found.readiness.gaps):
            yield Fact(f"data: {reason}", state_keys.READINESS.text)
    for note in found.registry_notes:
        yield Fact(
            f"the registry has not been told of version {note.version}",
            (state_keys.REGISTRY_NOTES / note.version).text,
        )
    yield from _declined(found)


def _declined(found: ProblemDocuments) -> Iterator[Fact]:
    newest_run = found.runs[-1].started_at if found.runs else None
    for one in sorted(found.decisions, key=lambda one: one.decided_at):
        declined = one.decision == "skip" and one.trigger != "readiness"
        if declined and (newest_run is None or one.decided_at > newest_run):
            yield Fact(
                f"declined {moment(one.decided_at)}, {one.trigger}: {one.reason}",
                (state_keys.DECISIONS / one.occasion_id).text,
            )


def of_run(run: Run) -> Iterator[Fact]:
    """A run's start, end, reasons, losses and notes."""
    key = (state_keys.RUNS / run.run_id).text
    version = f", version {run.version}" if run.version else ""
    started = f"started {moment(run.started_at)} by {run.reason.trigger}"
    told = [
        f"{run.run_id}  {run.status}{version}, {started}",
        f"    why  {run.reason.detail}",
        *(f"    · {reason}" for reason in run.reasons),
        *(f"    lost {family}: {why}" for family, why in run.lost.items()),
        *(f"    note {note}" for note in run.notes),
    ]
    return (Fact(text, key) for text in told)


def of_definition(found: ProblemDocuments) -> Iterator[Fact]:
    """Since when the folder is in force, what came of its last change, and by which the model that
    serves learned.
    """
    published = found.published
    if published is None:
        return
    key = state_keys.PUBLISHED.text
    yield Fact(f"{published.definition[:12]}, in force since {moment(published.at)}", key)
    if found.changes:
        change = found.changes[-1]
        done = [f"{one.kind} {one.subject}" for one in change.stages if one.skipped is None]
        told = "; ".join(change.differences) or "nothing"
        at = (state_keys.CHANGES / change.at.isoformat()).text
        yield Fact(f"changed: {told}. Done: {', '.join(done) or 'nothing was needed'}", at)
    champion = found.champion
    if champion and champion.definition and champion.definition != published.definition:
        yield Fact(
            f"version {champion.version} learned by an earlier one, {champion.definition[:12]}, "
            "and is asked by that",
            state_keys.ROUTING.text,
        )


def of_log(found: ProblemDocuments) -> Iterator[Fact]:
    """What the log holds of the predictions that the API counted, in the last day that was
    compared; then each hour of it that lacks some.
    """
    day = last_day(found.log_hours)
    loss = loss_in(day)
    if not day or loss.share is None:
        return
    key = state_keys.log_hour(day[-1].hour).text
    yield Fact(
        f"{moment(day[0].hour)} to {moment(day[-1].hour + HOUR)}: {loss.logged:,} of {loss.made:,} "
        f"predictions are in it, {loss.share:.1%} lost",
        key,
    )
    for hour in day:
        if hour.logged < hour.made:
            told = f"{moment(hour.hour)}: {hour.logged:,} of {hour.made:,}"
            yield Fact(told, state_keys.log_hour(hour.hour).text)
