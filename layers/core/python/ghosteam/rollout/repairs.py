"""What ought to be, against what is: the repairs after whatever died between two steps. Pure.

Rollouts change three things that no transaction covers: documents, endpoints, executions. Each rule
here looks at one way in which they can contradict one another, and the repair may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.waiting_rollout import WaitingRollout
from ghosteam.serving.routing import serving_endpoints

GRACE = timedelta(hours=1)
"""What is younger may belong to a rollout that has not written down yet what it makes, or to a
rebuild that is at work.
"""


@dataclass(frozen=True)
class EndRollout:
    """The execution of a rollout ended without ending the rollout: roll it back as its last step
    would have.
    """

    problem: str
    version: str
    run_id: str
    endpoint: str
    reason: str


@dataclass(frozen=True)
class CloseRun:
    """The execution of a retraining run ended, and nobody closed the run."""

    problem: str
    run_id: str
    execution: str


@dataclass(frozen=True)
class StartWaiting:
    """A registered model waits, and no rollout is under way that would start it."""

    problem: str
    version: str


@dataclass(frozen=True)
class TellRegistry:
    """The registry has not taken what it was to be told."""

    problem: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class RestoreChampion:
    """The champion's endpoint is gone: roll its version out again."""

    problem: str
    version: str
    run_id: str
    endpoint: str


@dataclass(frozen=True)
class RetireEndpoint:
    """Nothing uses what has this name. ``problem`` has it as its replaced slot, if it does."""

    name: str
    reason: str
    problem: str | None = None


@dataclass(frozen=True)
class GoOnRebuilding:
    """What a changed folder makes necessary is not all on the queues, and nobody puts it there."""

    problem: str
    since: str


Repair = (
    EndRollout
    | CloseRun
    | StartWaiting
    | TellRegistry
    | RestoreChampion
    | RetireEndpoint
    | GoOnRebuilding
)


@dataclass(frozen=True)
class Documents:
    """A problem's documents, None where there is none. ``runs`` by run id; ``notes``: versions that
    the registry has not been told of; ``hold``: how long a replaced slot is kept; ``rebuilt_at``:
    when the work of a changed folder was moved on last, while some is left.
    """

    routing: Routing | None = None
    rollout_lease: RolloutLease | None = None
    retraining_lease: RetrainingLease | None = None
    waiting: WaitingRollout | None = None
    runs: Mapping[str, Run] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hold: timedelta = timedelta(0)
    rebuilt_at: datetime | None = None


@dataclass(frozen=True)
class Observed:
    """``made``: when each endpoint, configuration or model of this deployment was made, by name,
    the newest time of the three; ``endpoints``: names of the endpoints among them; ``running``:
    executions that are still running.
    """

    made: Mapping[str, datetime]
    endpoints: frozenset[str]
    running: frozenset[str]


def plan_repairs(
    problems: Mapping[str, Documents], observed: Observed, *, now: datetime
) -> list[Repair]:
    """Every repair that is due, the order in which to make them: what ends first, what is deleted
    last.
    """
    repairs: list[Repair] = []
    used: set[str] = set()
    for name, documents in problems.items():
        repairs += _of_problem(name, documents, observed, now)
        used |= _used(documents, observed, now)
    for made, moment in sorted(observed.made.items()):
        if made not in used and now - moment >= GRACE:
            owner = next(
                (name for name, documents in problems.items() if made == _replaced(documents)), None
            )
            repairs.append(
                RetireEndpoint(
                    made, "no problem's traffic goes there and no rollout holds it", owner
                )
            )
    return repairs


def _of_problem(
    name: str, documents: Documents, observed: Observed, now: datetime
) -> Sequence[Repair]:
    repairs: list[Repair] = []
    lease = documents.rollout_lease
    if lease and not _alive(lease, observed, now):
        reason = "The rollout's execution ended without ending the rollout"
        repairs.append(EndRollout(name, lease.version, lease.run_id, lease.endpoint, reason))
    run_lease = documents.retraining_lease
    if run_lease and not _alive(run_lease, observed, now):
        repairs.append(CloseRun(name, run_lease.run_id, run_lease.execution))
    if documents.waiting and not lease:
        repairs.append(StartWaiting(name, documents.waiting.version))
    if documents.notes:
        repairs.append(TellRegistry(name, documents.notes))
    champion = documents.routing.champion if documents.routing else None
    if champion and champion.endpoint not in observed.endpoints and not lease:
        repairs.append(RestoreChampion(name, champion.version, champion.run_id, champion.endpoint))
    rebuilt_at = documents.rebuilt_at
    if rebuilt_at and now - rebuilt_at >= GRACE:
        repairs.append(GoOnRebuilding(name, rebuilt_at.isoformat()))
    return repairs


def _alive(lease: RolloutLease | RetrainingLease, observed: Observed, now: datetime) -> bool:
    """Whether the lease's execution may still work: a lease is written in an execution's first
    moments.
    """
    young = now - lease.acquired_at < timedelta(minutes=5)
    return young or lease.execution in observed.running


def _used(documents: Documents, observed: Observed, now: datetime) -> set[str]:
    used = serving_endpoints(documents.routing)
    if documents.rollout_lease:
        used.add(documents.rollout_lease.endpoint)
    replaced = _replaced(documents)
    if replaced and _is_held(documents, now):
        used.add(replaced)
    return used


def _replaced(documents: Documents) -> str | None:
    replaced = documents.routing.replaced if documents.routing else None
    return replaced.endpoint if replaced else None


def _is_held(documents: Documents, now: datetime) -> bool:
    """Whether the replaced slot is still kept: from when its successor was promoted, for the hold
    and a grace time.
    """
    champion = documents.routing.champion if documents.routing else None
    run = documents.runs.get(champion.run_id) if champion else None
    since = run.rolled_out_at if run else None
    return since is None or now - since < documents.hold + GRACE
