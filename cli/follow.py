"""``ghosteam retrain``: ask for a run, then follow the request to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ghosteam.documents import state_keys
from ghosteam.documents.decision import Decision
from ghosteam.documents.run import Run
from ghosteam.documents.state_keys import Form, Key

SECONDS_TO_AN_ANSWER = 180
_PAUSE = 1.0
_OVER = ("promoted", "rolled_back", "superseded", "refused", "failed", "skipped")


class Reads(Protocol):
    """What tells of runs: :class:`cli.loop.Loop`."""

    problem: str

    def document(self, key: Key[Form]) -> Form | None:
        """What a state document says."""
        ...

    def documents(self, prefix: Key[Form]) -> list[Form]:
        """What all state documents below a prefix say."""
        ...

    def lost_messages(self) -> list[str]:
        """Dead-letter queues that hold messages."""
        ...

    def step_of(self, run_id: str) -> str | None:
        """The state that the run's execution is in."""
        ...


class Retrainable(Reads, Protocol):
    """The same, and it can be asked for a run."""

    def request_retraining(self) -> str:
        """Ask for a run; the request's id."""
        ...


def retrain(
    loop: Retrainable,
    *,
    wait: bool,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Ask for a run and tell what comes of it; False when it was declined or failed.

    Without ``wait`` it ends with the request. With it, the policy's decision is told, then each
    step of the run, then the end of its rollout; a rollout that waits for a person's approval ends
    it, too.
    """
    request = loop.request_retraining()
    if not wait:
        say(f"Requested, as {request}. ./ghosteam status {loop.problem} shows the answer.")
        return True
    say("Requested; waiting for the decision.")
    deadline = clock() + SECONDS_TO_AN_ANSWER
    told = ""
    while True:
        decision = _newest(loop, request)
        if decision is None:
            if clock() > deadline:
                return _unanswered(loop, say)
        elif decision.run_id:
            say(f"Run {decision.run_id} was started: {decision.reason}")
            return _follow_run(loop, decision.run_id, say=say, sleep=sleep)
        elif decision.decision == "skip":
            say(f"Declined: {decision.reason}")
            return False
        elif decision.reason != told:
            told = decision.reason
            say(f"Waiting: {told}. It is decided again by itself; this may be interrupted.")
        sleep(_PAUSE)


def _newest(loop: Retrainable, request: str) -> Decision | None:
    """The newest decision on the request: a request that waited is decided again, perhaps on newer
    data.
    """
    found = [one for one in loop.documents(state_keys.DECISIONS) if one.request == request]
    return max(found, key=lambda one: one.decided_at, default=None)


def _unanswered(loop: Retrainable, say: Callable[[str], None]) -> bool:
    say(
        f"No decision within {SECONDS_TO_AN_ANSWER} s. The log of the function decide-retraining "
        "says why."
    )
    for lost in loop.lost_messages():
        say(f"waiting in a dead-letter queue: {lost}")
    return False


def _follow_run(
    loop: Retrainable, run_id: str, *, say: Callable[[str], None], sleep: Callable[[float], None]
) -> bool:
    told: set[str] = set()
    while True:
        run = loop.document(state_keys.RUNS / run_id)
        lines, over = state_of_run(loop, run_id, run)
        for line in lines:
            if line not in told:
                say(line)
                told.add(line)
        if over and run is not None:
            return run.status not in ("failed", "skipped")
        sleep(_PAUSE)


def state_of_run(loop: Reads, run_id: str, run: Run | None) -> tuple[list[str], bool]:
    """What there is to tell of a run now, and whether there is nothing more to wait for."""
    if run is None:
        return ["The run is about to begin."], False
    lines = [f"{family} was lost: {why}" for family, why in run.lost.items()]
    if run.finished_at and run.status in _OVER:
        lines.append(f"Run {run_id}: {run.status.replace('_', ' ')}")
        lines += [f"  {reason}" for reason in run.reasons]
        again = loop.document(state_keys.WAITING_OCCASIONS / run.occasion_id)
        if run.status == "failed" and again and again.not_before:
            when = again.not_before.isoformat()
            lines.append(f"It is tried again by itself, not before {when}.")
        return lines, True
    if run.status == "registered":
        lines.append(f"Version {run.version} is registered; its rollout follows.")
        waiting = loop.document(state_keys.APPROVAL)
        if waiting and waiting.run_id == run_id:
            answer = f"./ghosteam approve {loop.problem}"
            return [*lines, f"Version {run.version} waits for approval: {answer}"], True
    elif step := loop.step_of(run_id):
        lines.append(f"  {step}")
    return lines, False
