"""Ask people whether a model may be rolled out, and keep the token that continues the rollout."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.digests import evaluation_on_record, recorded
from ghosteam.channels.alert import Alert
from ghosteam.documents import state_keys
from ghosteam.documents.approval import Approval
from ghosteam.documents.evaluation import Evaluation
from ghosteam.rollout.plan import chosen_candidate
from ghosteam.runtime.calls import Approvable

if TYPE_CHECKING:
    from ghosteam.aws.alerts import Alerts
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def request_approval(
    request: Approvable,
    *,
    state: StateTable,
    artifacts: Objects,
    alerts: Alerts,
    environment: str,
    now: datetime,
) -> None:
    """Store ``request`` (``problem``, ``version``, ``run_id``, ``token``) as what waits for
    approval and tell the alert topic.

    Whoever has the token can answer, so it goes into the state table alone and into no message.
    """
    problem, version = request["problem"], request["version"]
    run_id, token = request["run_id"], request["token"]
    measured = evaluation_on_record(artifacts, problem, run_id, recorded(state, problem, run_id))
    asked = Approval(version=version, run_id=run_id, token=token, asked_at=now)
    state.put(problem, state_keys.APPROVAL, asked)
    alerts.send(
        approval_alert(
            problem, version, run_id, measured, environment=environment, asked_at=asked.asked_at
        )
    )


def approval_alert(
    problem: str,
    version: str,
    run_id: str,
    measured: Evaluation,
    *,
    environment: str,
    asked_at: datetime,
) -> Alert:
    """What the model measured and the two commands that decide, for those who may read the state
    table.
    """
    chosen = chosen_candidate(measured)
    metrics = (f"  {name}: {_number(value)}" for name, value in sorted(chosen.metrics.items()))
    command = f"./ghosteam approve {problem} --environment {environment}"
    return Alert(
        condition=f"approval {problem} {run_id} {version}",
        state="news",
        severity="warning",
        problem=problem,
        what=f"version {version} waits for approval",
        details=(
            f"It is of the family {chosen.family}, of run {run_id}, and passed its gates.",
            "On the hold-out:",
            *metrics,
            _against(measured),
        ),
        did="The rollout waits for an answer; the champion serves on.",
        look=(f"To approve: {command}", f"To refuse: {command} --reject"),
        since=asked_at,
        until=None,
        at=asked_at,
    )


def _against(measured: Evaluation) -> str:
    if measured.approval:
        return measured.approval
    comparison = measured.comparison
    if comparison is None:
        return "There is no champion to compare with."
    if comparison.difference is None or comparison.lower is None:
        return f"It was not compared with the champion: {comparison.undetermined}"
    return (
        f"Against the champion on the same hold-out: {comparison.difference:+.4f} "
        f"(at least {comparison.lower:+.4f} with confidence {comparison.confidence or 0:.0%})"
    )


def _number(value: float | None) -> str:
    return "undetermined" if value is None else f"{value:.6g}"
