"""The plan of a rollout and its lease."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.evaluation import Evaluation
from ghosteam.errors import Conflict, InvalidInput
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import (
    Hosting,
    RolloutPlan,
    chosen_candidate,
    holds_lease,
    plan_rollout,
    slot_name,
    take_lease,
)

NOW = datetime(2013, 7, 1, tzinfo=UTC)
HOSTING = Hosting(
    environment_name="local",
    image="image:1",
    role_arn="arn:aws:iam::1:role/serve",
    name_prefix="gt-local",
)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,60}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True),
    st.integers(1, 10**9),
    st.text(min_size=1),
)
def test_a_slots_name_is_one_that_sagemaker_takes(
    prefix: str, problem: str, version: int, execution: str
) -> None:
    name = slot_name(prefix, problem, str(version), execution)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
    assert f"-v{version}-" in name


def test_another_execution_gets_other_names() -> None:
    assert slot_name("gt", "flights", "1", "a") != slot_name("gt", "flights", "1", "b")


def plan(
    problem: Problem, *, execution: str = "exec-1", version: str = "2", first: bool = False
) -> RolloutPlan:
    return plan_rollout(
        problem,
        run_id="r2",
        version=version,
        execution=execution,
        model_uri="s3://m",
        model_digest="d",
        first=first,
        hosting=HOSTING,
    )


def test_the_plan_follows_the_problem_and_its_environment(local_flights: Problem) -> None:
    planned = plan(local_flights)
    assert (planned.percent, planned.look_seconds, planned.hold_seconds) == (20, 5, 30)
    assert planned.approval == "none"
    assert planned.model_name == planned.endpoint_config_name == planned.endpoint_name
    assert planned.environment["GHOSTEAM_MODEL_VERSION"] == "2"
    assert planned == plan(local_flights)


def test_the_first_model_gets_all_traffic(flights: Problem) -> None:
    assert plan(flights, first=True).percent == 100


def test_a_lease_is_kept_by_its_execution_and_refused_to_others(flights: Problem) -> None:
    lease = take_lease(None, flights, plan(flights), execution="exec-1", now=NOW)
    assert (
        take_lease(lease, flights, plan(flights), execution="exec-1", now=NOW + timedelta(hours=1))
        == lease
    )
    with pytest.raises(Conflict, match="Version 2 is being rolled out"):
        take_lease(
            lease,
            flights,
            plan(flights, version="3"),
            execution="exec-2",
            now=NOW + timedelta(hours=1),
        )


def test_a_lease_that_outlived_every_rollout_is_taken_over(flights: Problem) -> None:
    lease = take_lease(None, flights, plan(flights), execution="exec-1", now=NOW)
    later = NOW + timedelta(hours=8)
    taken = take_lease(lease, flights, plan(flights, version="3"), execution="exec-2", now=later)
    assert taken.version == "3"


def test_two_rollouts_of_one_version_are_told_apart_by_their_endpoint(flights: Problem) -> None:
    lease = take_lease(None, flights, plan(flights), execution="exec-1", now=NOW)
    assert holds_lease(lease, version="2", endpoint=lease.endpoint)
    assert holds_lease(lease, version="2", endpoint=None)
    assert not holds_lease(lease, version="2", endpoint="another")
    assert not holds_lease(lease, version="3", endpoint=None)
    assert not holds_lease(None, version="2", endpoint=None)


def test_a_refused_model_is_not_rolled_out() -> None:
    evaluation = Evaluation(
        problem="flights",
        run_id="r",
        task="binary",
        metric="roc_auc",
        holdout_rows=10,
        candidates=(),
        chosen="xgboost",
        model_uri="m",
        decision="refuse",
        reasons=("too weak",),
    )
    with pytest.raises(InvalidInput, match="too weak"):
        chosen_candidate(evaluation)
