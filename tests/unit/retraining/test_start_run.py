"""The first step of a run: lease, plan, and what the state machine is told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.retraining_lease import LONGEST_RUN, acquire_lease, lease_holder, release_lease
from ghosteam.documents import state_keys
from ghosteam.documents.batch import LandedObject
from ghosteam.documents.materialized_batch import MaterializedBatch
from ghosteam.documents.plan import Plan
from ghosteam.errors import Busy, InvalidInput
from ghosteam.problem.families import FAMILIES
from ghosteam.steps.data_at_hand import note_materialized, with_replaced
from ghosteam.steps.start_run import job_prefix, start_run
from tests import documents

REQUEST = {
    "problem": "flights",
    "run_id": "20130401T0359-readiness-abc123",
    "reason": {"trigger": "readiness", "detail": "batch p of planes is materialized"},
    "as_of": "2013-04-01T03:59:00+00:00",
    "execution": "arn:execution:one",
}
PLAN = "runs/flights/20130401T0359-readiness-abc123/plan.json"


@pytest.fixture
def start(account, flights, now):
    def call(*, online=True, problem=flights, **changes):
        if online:
            account.put_online(at=now)
        return start_run(
            problem,
            {**REQUEST, **changes},
            now=now,
            state=account.state,
            artifacts=account.artifacts,
            bus=account.bus,
            lake_bucket="lake",
            online_prefix="ghosteam_local",
            name_prefix="gt-local",
        )

    return call


def test_what_is_not_online_yet_is_no_part_of_the_plan_which_says_since_when_the_rest_is(
    account, start, now
):
    account.add_first_quarter()
    account.put_online(at=now)
    account.add_batch("flights", "f04", "2013-04-01T04:00:00+00:00", "2013-04-02T03:59:00+00:00")
    start(online=False)
    plan = Plan.from_json(account.artifacts.get_json(PLAN))
    assert not any("/f04/" in part for part in plan.parts["flights"])
    assert plan.available_at["flights/f01"] == now and "flights/f04" not in plan.available_at


def test_a_run_begins_with_a_plan_a_lease_and_an_event(account, start, now):
    account.add_first_quarter()
    answer = start()
    base = "s3://artifacts/runs/flights/20130401T0359-readiness-abc123"
    assert answer == {
        "problem": "flights",
        "run_id": REQUEST["run_id"],
        "job_prefix": "flights-20130401T0359-readiness-abc123",
        "plan_uri": f"{base}/plan.json",
        "training_set_uri": f"{base}/training_set",
        "refitted_uri": f"{base}/refitted",
        "models_uri": f"{base}/models",
        "champion_uri": f"{base}/plan.json",
        "digests_uri": f"{base}/digests.json",
        "families_uri": f"{base}/families.json",
        "evaluation_uri": f"{base}/evaluation",
        "families": [
            {"family": family, "trials": "20", "seconds": "600"}
            for family in ("lightgbm", "xgboost", "sklearn")
        ],
    }
    plan = account.artifacts.get_json(PLAN)
    assert (plan["train_start"], plan["holdout_start"], plan["holdout_end"]) == (
        "2012-12-18T03:59:00+00:00",
        "2013-03-18T03:59:00+00:00",
        "2013-04-01T03:59:00+00:00",
    )
    assert plan["parts"]["flights"][:2] == [
        "validated/flights/flights/f01/part-00000.parquet",
        "validated/flights/flights/f01/part-00001.parquet",
    ]
    assert [len(plan["parts"][name]) for name in ("flights", "weather", "planes")] == [6, 3, 1]
    assert plan["champion"] is None
    assert lease_holder(account.state, "flights", now=now) == REQUEST["run_id"]
    assert (
        account.state.get("flights", state_keys.RUNS / REQUEST["run_id"]).data.status == "running"
    )
    assert [event.type for event in account.bus.events] == ["RetrainingStarted"]


def test_the_same_execution_may_repeat_the_step_and_keeps_its_first_plan(account, start):
    account.add_first_quarter()
    answer = start()
    plan = account.artifacts.get(PLAN)
    account.add_batch("flights", "late", "2013-03-02T00:00:00+00:00", "2013-03-03T00:00:00+00:00")
    assert start() == answer
    assert account.artifacts.get(PLAN) == plan


def test_a_second_run_is_refused_while_the_first_is_at_work(account, start):
    account.add_first_quarter()
    start()
    with pytest.raises(Busy) as caught:
        start(run_id="other", execution="arn:execution:two")
    assert caught.value.where["run"] == REQUEST["run_id"]


def test_a_lease_whose_run_is_over_is_taken_over(account, start, now):
    account.add_first_quarter()
    start()
    account.state.update(
        "flights",
        state_keys.RUNS / REQUEST["run_id"],
        lambda run: replace(run, finished_at=now),
    )
    start(run_id="other", execution="arn:execution:two")
    assert lease_holder(account.state, "flights", now=now) == "other"


def test_an_expired_lease_is_taken_over_on_record(account, flights, start, now):
    account.add_first_quarter()
    start()
    later = now + LONGEST_RUN + timedelta(hours=2)
    assert lease_holder(account.state, "flights", now=later) is None
    acquire_lease(account.state, "flights", run_id="other", execution="arn:two", now=later)
    lease = account.state.get("flights", state_keys.RETRAINING_LEASE).data
    assert (lease.run_id, lease.taken_over_from) == ("other", REQUEST["run_id"])
    abandoned = account.state.get("flights", state_keys.RUNS / REQUEST["run_id"]).data
    assert abandoned.status == "failed" and "other took the lease over" in abandoned.reasons[0]


def test_only_the_execution_that_holds_the_lease_gives_it_back(account, start, now):
    account.add_first_quarter()
    start()
    release_lease(account.state, "flights", execution="arn:execution:two")
    assert lease_holder(account.state, "flights", now=now) == REQUEST["run_id"]
    release_lease(account.state, "flights", execution=REQUEST["execution"])
    assert lease_holder(account.state, "flights", now=now) is None


def test_a_request_that_the_data_do_not_cover_says_what_is_missing(account, start):
    with pytest.raises(InvalidInput, match="no batch of flights is materialized yet"):
        start()


def test_events_before_the_training_window_are_read_as_far_as_window_features_need_them(
    account, start
):
    account.add_first_quarter()
    # Training begins 2012-12-18; a 7-day rate and 30 days of late outcomes reach back to
    # 2012-11-11.
    account.add_batch("flights", "needed", "2012-11-01T00:00:00+00:00", "2012-11-12T00:00:00+00:00")
    account.add_batch("flights", "before", "2012-10-01T00:00:00+00:00", "2012-10-31T00:00:00+00:00")
    account.add_batch("flights", "ahead", "2013-05-01T00:00:00+00:00", "2013-05-31T00:00:00+00:00")
    # This one landed after the others: a corrected departure may have left the training window.
    account.add_batch("flights", "newest", "2013-05-01T00:00:00+00:00", "2013-05-31T00:00:00+00:00")
    start()
    batches = {key.split("/")[3] for key in account.artifacts.get_json(PLAN)["parts"]["flights"]}
    assert batches == {"needed", "f01", "f02", "f03", "newest"}


@pytest.mark.parametrize("name_prefix", ["gt-dev", "gt-staging", "gt-abcdefghijkl"])
@pytest.mark.parametrize("problem", ["a", "flights_of_new_york", "x_" * 15 + "y"])
def test_names_of_jobs_fit_for_every_problem_and_environment(problem, name_prefix):
    prefix = job_prefix(problem, "20130708T0000-readiness-abc123", name_prefix=name_prefix)
    name = f"{name_prefix}-{prefix}-{max(FAMILIES.names, key=len)}-99"
    assert re.fullmatch(r"[A-Za-z0-9](-*[A-Za-z0-9])*", name)
    assert len(name) <= 63


def test_the_champions_package_is_brought_to_the_evaluation_as_long_as_it_is_there(account, start):
    account.add_first_quarter()
    key = "runs/flights/old/models/m/output/model.tar.gz"
    champion = documents.slot("1", judged_uri=f"s3://artifacts/{key}")
    account.state.create("flights", state_keys.ROUTING, documents.routing(champion))
    assert start()["champion_uri"].endswith("/plan.json")
    account.artifacts.put(key, b"package")
    assert start()["champion_uri"] == champion.judged_uri


def land(account, batch_id, sequencer, key="planes.csv"):
    """A version of a landing key, validated."""
    landed_at = f"2013-03-0{sequencer}T00:00:00+00:00"
    source = LandedObject("landing", f"flights/planes/{key}", None, sequencer, 1, landed_at)
    record = documents.batch(batch_id, dataset="planes", source=source, parts=1)
    ledger = BatchLedger(account.state)
    ledger.advance(record, until=())
    ledger.land(record, source)


def test_by_what_was_available_a_plan_names_what_was_replaced_where_it_stood(account, flights, now):
    """Of what was replaced only what was online, and what landed before its successor."""
    for batch_id, number, key in (
        ("old", "1", "planes.csv"),
        ("other", "2", "others.csv"),
        ("never", "3", "planes.csv"),
        ("new", "4", "planes.csv"),
    ):
        land(account, batch_id, number, key)
    for batch_id, at in (("old", None), ("other", now), ("new", now)):
        key = state_keys.materialized_batches("planes") / batch_id
        account.state.put("flights", key, MaterializedBatch(batch_id, at, None))
    batches = {"planes": BatchLedger(account.state).active("flights", "planes")}
    assert [one.batch_id for one in batches["planes"]] == ["other", "new"]
    found = with_replaced("flights", batches, account.state)
    assert [one.batch_id for one in found.batches["planes"]] == ["old", "other", "new"]
    assert found.available_at == {"planes/other": now, "planes/new": now}


@pytest.mark.parametrize("clock", ["known_at", "available_at"])
def test_the_plan_has_a_history_where_the_clock_asks_for_one(account, start, flights, now, clock):
    features = flights.features.model_copy(update={"clock": clock})
    account.add_first_quarter()
    start(problem=flights.model_copy(update={"features": features}))
    plan = Plan.from_json(account.artifacts.get_json(PLAN))
    if clock == "known_at":
        assert plan.history == {}
    else:
        assert plan.history == plan.parts and plan.available_at["planes/p"] == now


def test_rows_that_are_made_anew_are_available_since_they_first_were(account, flights, now):
    def note(version, at):
        known = {"view_version": version, "state": account.state, "now": at}
        note_materialized(flights, "planes", "p", **known)
        return account.state.find("flights", state_keys.materialized_batches("planes") / "p")

    account.add_batch("planes", "p")
    assert note("a", now) == MaterializedBatch("p", now, "a")
    assert note("b", now + timedelta(days=1)) == MaterializedBatch("p", now, "b")
