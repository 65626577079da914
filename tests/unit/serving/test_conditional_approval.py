"""A model that passed because nobody could compare it with the champion waits for a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.evaluation import CandidateRecord, ComparisonRecord, Evaluation
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting
from ghosteam.steps.prepare_rollout import prepare_rollout
from ghosteam.steps.request_approval import approval_alert

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOSTING = Hosting(environment_name="local", image="i", role_arn="r", name_prefix="gt-local")
WHY = "the champion cannot be compared: its package is gone; a person must approve the rollout"


def test_a_conditional_decision_asks_for_approval_and_gives_it_time(
    local_flights: Problem, state: StateTable, artifacts: Objects, bus: Any, finished_run: Any
) -> None:
    finished_run("run-2", champion=True, approval=WHY)
    assert local_flights.promote.approval == "none"
    plan = prepare_rollout(
        local_flights,
        {"run_id": "run-2", "version": "2", "execution": "e"},
        state=state,
        artifacts=artifacts,
        bus=bus,
        hosting=HOSTING,
        now=NOW,
    )
    assert plan.approval == "required"
    lease = state.get("flights", state_keys.ROLLOUT_LEASE)
    assert lease is not None
    assert lease.data.expires_at - NOW > timedelta(days=7)


def test_the_question_says_why_there_is_no_comparison_and_formats_no_null() -> None:
    chosen = CandidateRecord(
        family="xgboost", model_uri="m", metrics={"roc_auc": 0.7, "brier": None}
    )
    measured = Evaluation(
        problem="flights",
        run_id="r1",
        task="binary",
        metric="roc_auc",
        holdout_rows=10,
        candidates=(chosen,),
        chosen="xgboost",
        model_uri="m",
        decision="promote",
        reasons=(),
        comparison=ComparisonRecord(better=False, undetermined="x"),
        approval=WHY,
    )
    alert = approval_alert("flights", "2", "r1", measured, environment="dev", asked_at=NOW)
    text = "\n".join(alert.details)
    assert WHY in text
    assert "roc_auc: 0.7" in text and "brier: undetermined" in text
