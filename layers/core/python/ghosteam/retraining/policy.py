"""Whether a trigger starts a run. Pure: everything it looks at is an argument, and each answer has its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ghosteam.problem.durations import format_duration
from ghosteam.problem.policies import Retrain
from ghosteam.retraining.readiness import Ready, Waiting

Cause = Literal["readiness", "drift", "performance", "request"]
_SHORT: Mapping[Cause, str] = {"performance": "perf"}


@dataclass(frozen=True)
class Start:
    """Start the run ``run_id``; ``reason`` says why in words."""

    run_id: str
    reason: str


@dataclass(frozen=True)
class Skip:
    """Start nothing, because of ``reason``."""

    reason: str


@dataclass(frozen=True)
class Situation:
    """What the policy looks at.

    ``runs``: run documents, of any status; ``holder``: id of the run that holds the lease; ``champion_train_end``: end of the
    data that the serving model learned from; ``run_usd``: estimate for one run.
    """

    readiness: Ready | Waiting
    runs: Sequence[Mapping[str, Any]]
    holder: str | None
    champion_train_end: datetime | None
    run_usd: float


def decide(cause: Cause, policy: Retrain, situation: Situation, *, run_id: str, as_of: datetime, now: datetime) -> Start | Skip:
    """Whether ``cause`` starts the run ``run_id`` as of ``as_of`` (business time, which the cool-down counts in; money
    counts in wall time, ``now``).

    A person's ``request`` passes over cool-down and budget, not over missing data or a run at work. ``readiness`` starts
    the first model only. A failed run does not start the cool-down, but has cost its money.
    """
    if cause != "request" and cause not in policy.on:
        return Skip(f"retrain.on does not name {cause!r}")
    if situation.holder is not None:
        return Skip(f"run {situation.holder} is at work")
    finished = [run for run in situation.runs if run["status"] != "failed"]
    if cause == "readiness" and (situation.champion_train_end or any(_made_a_model(run) for run in finished)):
        return Skip("there is a model already; readiness starts the first one only")
    if isinstance(situation.readiness, Waiting):
        return Skip("; ".join(situation.readiness.reasons))
    if cause != "request":
        refusal = _cooling(policy, finished, as_of) or _over_budget(policy, situation, now)
        if refusal:
            return Skip(refusal)
    trained_to, holdout_start = situation.champion_train_end, situation.readiness.holdout_start
    if trained_to and holdout_start < trained_to:
        return Skip(
            f"outcomes reach to {situation.readiness.holdout_end:%Y-%m-%d %H:%M} UTC only: the hold-out would begin before "
            f"{trained_to:%Y-%m-%d %H:%M} UTC, where the champion's training data end, and could not compare the two"
        )
    return Start(run_id, f"{cause} as of {as_of:%Y-%m-%d %H:%M} UTC")


def name_run(problem: str, cause: Cause, as_of: datetime, *, request: str = "") -> str:
    """The same for the same problem, cause and time, so that a repeated trigger names the same run; at most 30 characters.

    ``request`` tells a person's requests for the same time apart.
    """
    moment = as_of.astimezone(UTC)
    digest = hashlib.sha256(f"{problem}\n{cause}\n{moment.isoformat()}\n{request}".encode()).hexdigest()[:6]
    return f"{moment:%Y%m%dT%H%M}-{_SHORT.get(cause, cause)}-{digest}"


def _made_a_model(run: Mapping[str, Any]) -> bool:
    return run["status"] in ("registered", "promoted", "rolled_back")


def _cooling(policy: Retrain, runs: Sequence[Mapping[str, Any]], as_of: datetime) -> str | None:
    last = max((datetime.fromisoformat(run["as_of"]) for run in runs), default=None)
    if last is None or as_of - last >= policy.cooldown:
        return None
    return (
        f"the last run was as of {last:%Y-%m-%d %H:%M} UTC; the cool-down of {format_duration(policy.cooldown)} "
        f"ends {last + policy.cooldown:%Y-%m-%d %H:%M} UTC"
    )


def _over_budget(policy: Retrain, situation: Situation, now: datetime) -> str | None:
    month = f"{now.astimezone(UTC):%Y-%m}"
    started = sum(run["started_at"].startswith(month) for run in situation.runs)
    expected = (started + 1) * situation.run_usd
    if expected <= policy.max_usd_month:
        return None
    return (
        f"{started} runs this month and one more are estimated at ${expected:.2f}, over retrain.max_usd_month "
        f"${policy.max_usd_month:.2f}"
    )
