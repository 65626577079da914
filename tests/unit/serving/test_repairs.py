"""What contradicts itself is repaired, and what is well is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.slot import Challenger, Slot
from ghosteam.documents.waiting_rollout import WaitingRollout
from ghosteam.rollout.repairs import (
    GRACE,
    CloseRun,
    Documents,
    EndRollout,
    GoOnRebuilding,
    Observed,
    RestoreChampion,
    RetireEndpoint,
    StartWaiting,
    TellRegistry,
    plan_repairs,
)
from ghosteam.serving.routing import serving_endpoints
from tests import documents

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


LATER = NOW + timedelta(hours=3)


ONE, TWO = "gt-local-flights-v1", "gt-local-flights-v2"


def slot(version: str) -> Slot:
    return documents.slot(version, endpoint=f"gt-local-flights-v{version}")


def on_trial(version: str) -> Challenger:
    return documents.challenger(version, endpoint=f"gt-local-flights-v{version}")


def lease(version: str) -> RolloutLease:
    endpoint = f"gt-local-flights-v{version}"
    return documents.rollout_lease(version, endpoint=endpoint, acquired_at=NOW)


RUN_LEASE = documents.retraining_lease("r", execution="run-exec", acquired_at=NOW)


def observed(*names: str, running: tuple[str, ...] = (), at: datetime = NOW) -> Observed:
    return Observed(dict.fromkeys(names, at), frozenset(names), frozenset(running))


def test_a_deployment_that_is_well_is_left_alone() -> None:
    serving = Documents(routing=documents.routing(slot("1")))
    tried = Documents(
        routing=documents.routing(slot("1"), on_trial("2")),
        rollout_lease=lease("2"),
        retraining_lease=RUN_LEASE,
        waiting=WaitingRollout(run_id="run-3", version="3", since=NOW),
    )
    assert plan_repairs({"flights": Documents()}, observed(), now=LATER) == []
    assert plan_repairs({"flights": serving}, observed(ONE), now=LATER) == []
    assert (
        plan_repairs(
            {"flights": tried}, observed(ONE, TWO, running=("exec-2", "run-exec")), now=LATER
        )
        == []
    )


def test_a_rollout_whose_execution_is_gone_is_ended() -> None:
    at_hand = Documents(
        routing=documents.routing(slot("1"), on_trial("2")), rollout_lease=lease("2")
    )
    [repair] = plan_repairs({"flights": at_hand}, observed(ONE, TWO), now=LATER)
    assert isinstance(repair, EndRollout)
    assert (repair.problem, repair.version, repair.run_id, repair.endpoint) == (
        "flights",
        "2",
        "run-2",
        TWO,
    )
    young = plan_repairs({"flights": at_hand}, observed(ONE, TWO), now=NOW + timedelta(minutes=1))
    assert young == []


def test_a_run_whose_execution_is_gone_is_closed() -> None:
    assert plan_repairs({"f": Documents(retraining_lease=RUN_LEASE)}, observed(), now=LATER) == [
        CloseRun("f", "r", "run-exec")
    ]


def test_what_nothing_uses_goes_when_it_is_no_longer_young() -> None:
    at_hand = Documents(routing=documents.routing(slot("1")))
    assert (
        plan_repairs({"flights": at_hand}, observed(ONE, "gt-local-old-v7"), now=NOW + GRACE / 2)
        == []
    )
    [repair] = plan_repairs({"flights": at_hand}, observed(ONE, "gt-local-old-v7"), now=NOW + GRACE)
    assert isinstance(repair, RetireEndpoint) and repair.name == "gt-local-old-v7"


def test_a_replaced_slot_is_kept_for_its_hold_and_then_goes() -> None:
    routing = documents.routing(slot("2"), replaced=slot("1"))
    promoted = {"run-2": documents.run("run-2", rolled_out_at=NOW)}
    at_hand = Documents(routing=routing, runs=promoted, hold=timedelta(hours=5))
    assert (
        plan_repairs({"flights": at_hand}, observed(ONE, TWO), now=NOW + timedelta(hours=5)) == []
    )
    [repair] = plan_repairs({"flights": at_hand}, observed(ONE, TWO), now=NOW + timedelta(hours=6))
    assert repair == RetireEndpoint(ONE, repair.reason, "flights")  # type: ignore[union-attr]


def test_a_champion_whose_endpoint_is_gone_is_rolled_out_again() -> None:
    at_hand = Documents(routing=documents.routing(slot("1")))
    assert plan_repairs({"flights": at_hand}, observed(), now=LATER) == [
        RestoreChampion("flights", "1", "run-1", ONE)
    ]


def test_who_waits_is_started_and_the_registry_is_told() -> None:
    at_hand = Documents(
        waiting=WaitingRollout(run_id="run-3", version="3", since=NOW), notes=("2",)
    )
    expected = [StartWaiting("flights", "3"), TellRegistry("flights", ("2",))]
    assert plan_repairs({"flights": at_hand}, observed(), now=LATER) == expected


@given(
    champion=st.booleans(),
    challenger=st.booleans(),
    replaced=st.booleans(),
    leased=st.booleans(),
    alive=st.booleans(),
    extra=st.lists(st.integers(4, 9), unique=True),
)
def test_no_repair_takes_down_what_serves_or_what_a_living_rollout_holds(
    champion: bool, challenger: bool, replaced: bool, leased: bool, alive: bool, extra: list[int]
) -> None:
    routing = documents.routing(
        slot("1") if champion else None,
        on_trial("2") if challenger else None,
        slot("0") if replaced else None,
    )
    at_hand = Documents(routing=routing, rollout_lease=lease("3") if leased else None)
    names = [f"gt-local-flights-v{number}" for number in (0, 1, 2, 3, *extra)]
    found = plan_repairs(
        {"flights": at_hand}, observed(*names, running=("exec-3",) if alive else ()), now=LATER
    )
    gone = {repair.name for repair in found if isinstance(repair, RetireEndpoint)}
    assert not gone & serving_endpoints(routing)
    assert not (leased and "gt-local-flights-v3" in gone)
    assert {f"gt-local-flights-v{number}" for number in extra} <= gone


def test_a_rebuild_that_stands_still_goes_on_and_one_at_work_is_left_alone() -> None:
    at_hand = Documents(rebuilt_at=NOW)
    young = NOW + GRACE - timedelta(seconds=1)
    assert plan_repairs({"flights": at_hand}, observed(), now=young) == []
    assert plan_repairs({"flights": at_hand}, observed(), now=NOW + GRACE) == [
        GoOnRebuilding("flights", NOW.isoformat())
    ]
