"""What is at work, what waits, and what became of runs."""

from __future__ import annotations

from collections.abc import Iterator

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Fact, moment
from ghosteam.documents import state_keys
from ghosteam.documents.run import Run

NOWHERE = "no execution of it is at work"


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
    if found.waiting_rollout:
        since = moment(found.waiting_rollout.since)
        yield Fact(
            f"version {found.waiting_rollout.version} waits for that rollout since {since}",
            state_keys.WAITING_ROLLOUT.text,
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
            (state_keys.WAITING_OCCASIONS / one.occasion_id).text,
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
