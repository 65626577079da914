"""What the workflows are asked: the inputs of their executions, and of whom they are told."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class WhyRun(TypedDict):
    """What called for a run."""

    trigger: str
    detail: str


class RunRequest(TypedDict):
    """A training run; ``as_of`` is ISO-8601."""

    problem: str
    run_id: str
    reason: WhyRun
    as_of: str
    occasion_id: NotRequired[str | None]


class ExecutedRun(RunRequest):
    """A run with the ARN of the ``execution`` that makes it."""

    execution: str


class RolloutRequest(TypedDict):
    """The rollout of a version: by ``force``, of whom and why; ``canary``: whether it has one."""

    problem: str
    run_id: str
    version: str
    force: NotRequired[bool]
    requested_by: NotRequired[str | None]
    reason: NotRequired[str | None]
    canary: NotRequired[bool]


class ExecutedRollout(RolloutRequest):
    """A rollout with the ARN of the ``execution`` that makes it."""

    execution: str
