"""Whether a trigger starts a run. Pure: everything it looks at is an argument, and each answer has
its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.problem.durations import format_duration
from ghosteam.problem.retrain import Retrain
from ghosteam.retraining.backoff import MAX_ATTEMPTS, blocked_until, failures_in_a_row
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.retraining.triggers.trigger import TRIGGERS, Trigger

if TYPE_CHECKING:
    from ghosteam.documents.run import Run

_DATA_COME = timedelta(hours=1)
"""How long a changed definition waits, at a time, for data that cover a run."""
SETTLE = timedelta(minutes=2)
"""How long the first run waits, at a time, for batches that have landed and are not online yet."""


@dataclass(frozen=True)
class Start:
    """Start the run ``run_id``; ``reason`` says why in words."""

    run_id: str
    reason: str


@dataclass(frozen=True)
class Skip:
    """Start nothing, because of ``reason``. ``tell``: people should hear of it, for it does not
    pass by itself.
    """

    reason: str
    tell: bool = False


@dataclass(frozen=True)
class Wait:
    """Start nothing yet, because of ``reason``; decide again when the run ``for_run`` is over, or
    at ``not_before``.
    """

    reason: str
    for_run: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the policy looks at.

    ``runs``: of any status; ``holder``: id of the run that holds the lease;
    ``champion_train_end``: end of the data that the serving model learned from; ``run_usd``:
    estimate for one run; ``attempts``: how often a run was tried for this very occasion;
    ``arriving``: batches that have landed and are not yet online; ``made_anew``: batches that a
    changed definition makes anew and that are not yet online by it; ``learned``: whether the model
    that serves learned by the definition in force, and no other is on its way.
    """

    readiness: Ready | Waiting
    runs: Sequence[Run] = ()
    holder: str | None = None
    champion_train_end: datetime | None = None
    run_usd: float
    attempts: int = 0
    arriving: Sequence[str] = ()
    made_anew: Sequence[str] = ()
    learned: bool = False


def decide_run(
    trigger: Trigger,
    policy: Retrain,
    situation: Situation,
    *,
    run_id: str,
    as_of: datetime,
    now: datetime,
) -> Start | Skip | Wait:
    """Whether ``trigger`` starts the run ``run_id`` as of ``as_of`` (business time, which the
    cool-down counts in; money and the wait after a failure count in wall time, ``now``).

    A trigger may pass over cool-down, budget and the wait after failures, never over missing data
    or a run at work. One of the first model only waits until what has landed is online. A failed
    run does not start the cool-down, but has cost its money; a skipped run counts nowhere.
    """
    if not trigger.asked and trigger.name not in policy.starts:
        return Skip(f"retrain.on does not name {trigger.name!r}")
    counting = [run for run in situation.runs if run.status not in ("failed", "skipped")]
    made = situation.champion_train_end or any(_made_a_model(run) for run in counting)
    if trigger.first_model_only and made:
        return Skip(f"there is a model already; {trigger.name} starts the first one only")
    if situation.holder is not None:
        return Wait(f"run {situation.holder} is at work", for_run=situation.holder)
    if trigger.unlearned_only and situation.learned:
        return Skip("the model that serves learned by the definition in force")
    if situation.made_anew and (made or trigger.waits_for_data):
        names, more = ", ".join(situation.made_anew[:5]), len(situation.made_anew) - 5
        return Wait(
            f"a changed definition makes anew: {names}" + (f" and {more} more" if more > 0 else ""),
            not_before=now + SETTLE,
        )
    if isinstance(situation.readiness, Waiting):
        if trigger.waits_for_data:
            return Wait("; ".join(situation.readiness.reasons), not_before=now + _DATA_COME)
        return Skip("; ".join(situation.readiness.reasons), tell=trigger.asked)
    if trigger.first_model_only and situation.arriving:
        names = ", ".join(situation.arriving[:5])
        return Wait(f"the first model waits for what has landed: {names}", not_before=now + SETTLE)
    if "back-off" not in trigger.passes_over and (held := _failed_before(situation, now)):
        return held
    if "cool-down" not in trigger.passes_over and (refusal := _cooling(policy, counting, as_of)):
        return Skip(refusal)
    if "budget" not in trigger.passes_over and (refusal := _over_budget(policy, situation, now)):
        return Skip(refusal, tell=True)
    trained_to, holdout_start = situation.champion_train_end, situation.readiness.holdout_start
    if trained_to and holdout_start < trained_to:
        return Skip(
            f"outcomes reach to {situation.readiness.holdout_end:%Y-%m-%d %H:%M} UTC only: the "
            "hold-out would begin before "
            f"{trained_to:%Y-%m-%d %H:%M} UTC, where the champion's training data end, and could "
            "not compare the two; drop "
            "newer outcomes, or shorten holdout",
            tell=True,
        )
    return Start(run_id, f"{trigger.name} as of {as_of:%Y-%m-%d %H:%M} UTC")


def name_run(
    problem: str, cause: str, as_of: datetime, *, request: str = "", attempt: int = 1
) -> str:
    """The same for the same problem, cause and time, so that a repeated trigger names the same run;
    at most 30 characters.

    ``request`` tells a person's requests for the same time apart, ``attempt`` the runs tried for
    one occasion.
    """
    moment = as_of.astimezone(UTC)
    told = [problem, cause, moment.isoformat(), request, *([str(attempt)] if attempt > 1 else [])]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:6]
    return f"{moment:%Y%m%dT%H%M}-{TRIGGERS.find(cause).short}-{digest}"


def _made_a_model(run: Run) -> bool:
    return run.status in ("registered", "promoted", "rolled_back", "superseded")


def _failed_before(situation: Situation, now: datetime) -> Skip | Wait | None:
    if situation.attempts >= MAX_ATTEMPTS:
        return Skip(
            f"{situation.attempts} runs for this failed or were given up; fix the cause, then ask: "
            "./ghosteam retrain",
            tell=True,
        )
    until = blocked_until(situation.runs)
    if until is None or until <= now:
        return None
    failures = len(failures_in_a_row(situation.runs))
    spoken = "the last run failed" if failures == 1 else f"the last {failures} runs failed"
    return Wait(f"{spoken}; the next may start {until:%Y-%m-%d %H:%M} UTC", not_before=until)


def _cooling(policy: Retrain, runs: Sequence[Run], as_of: datetime) -> str | None:
    last = max((run.as_of for run in runs), default=None)
    if last is None or as_of - last >= policy.cooldown:
        return None
    return (
        f"the last run was as of {last:%Y-%m-%d %H:%M} UTC; the cool-down of "
        f"{format_duration(policy.cooldown)} "
        f"ends {last + policy.cooldown:%Y-%m-%d %H:%M} UTC"
    )


def _over_budget(policy: Retrain, situation: Situation, now: datetime) -> str | None:
    begin = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    started = sum(run.status != "skipped" and run.started_at >= begin for run in situation.runs)
    expected = (started + 1) * situation.run_usd
    if expected <= policy.max_usd_month:
        return None
    return (
        f"{started} runs this month and one more are estimated at ${expected:.2f}, over "
        "retrain.max_usd_month "
        f"${policy.max_usd_month:.2f}"
    )
