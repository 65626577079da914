"""What has to wait is decided again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.retraining_lease import acquire_lease
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.steps.decide_retraining import (
    call_due,
)
from ghosteam.steps.finish_run import finish_run
from tests import documents
from tests.unit.retraining.occasions import (
    CAPACITY,
    FINISHED,
    adapters_of,
    drift,
    end_of,
    materialize_all,
    materialized,
    request,
    serve,
    started,
)


def test_each_request_of_a_person_is_a_run_of_its_own_and_the_second_waits_for_the_first(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    first, second = decide(request("a")), decide(request("b"))
    assert (first.decision, second.decision) == ("start", "wait")
    assert second.for_run == first.run_id and second.request == "b"
    assert len(started(machine)) == 1
    finish_run(
        end_of(machine, first.run_id, "ABORTED"), now=now, state=account.state, bus=account.bus
    )
    again = decide(FINISHED)
    assert (again.decision, again.request) == ("start", "b")
    assert len(started(machine)) == 2
    assert list(account.state.list("flights", state_keys.WAITING_OCCASIONS)) == []


def test_two_first_loads_at_once_start_one_run_and_the_newer_data_are_asked_for_again(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    first = decide(materialized("planes", "p"))
    account.add_batch("flights", "f04", "2013-04-01T10:00:00+00:00", "2013-04-20T03:59:00+00:00")
    account.add_batch("weather", "w04", "2013-04-01T06:00:00+00:00", "2013-04-20T04:00:00+00:00")
    account.note_online("weather", "w04")
    later = decide(materialized("flights", "f04"))
    assert (later.decision, later.for_run) == ("wait", first.run_id)
    # The first run was refused on its few data.
    state = account.state
    run = documents.run(
        first.run_id,
        occasion_id=first.occasion_id,
        as_of=first.as_of,
        started_at=now,
        status="refused",
    )
    state.create("flights", state_keys.RUNS / first.run_id, run)
    finish_run(end_of(machine, first.run_id, "SUCCEEDED"), now=now, state=state, bus=account.bus)
    # The cool-down counts from the first run's data: the newer ones end 19 days later.
    again = decide(FINISHED)
    assert again.decision == "start" and again.as_of == datetime(2013, 4, 20, 3, 59, tzinfo=UTC)


def test_a_file_that_is_still_arriving_is_waited_for_by_the_first_model(
    account, flights, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    source = LandedObject("landing", "flights/flights/april.csv", None, "01", 1, now.isoformat())
    BatchLedger(account.state).begin(
        BatchRecord("f04", "flights", "flights", "ingesting", source, now.isoformat())
    )
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "wait" and "flights april.csv" in answer.reason
    assert started(machine) == []
    # It never comes: after a while the model is made without it.
    later = now + timedelta(minutes=20)
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == ["flights"]
    assert decide({**FINISHED, "detail-type": "RetrainingDue"}, now=later).decision == "start"


def test_a_capacity_error_at_night_is_tried_again_by_itself(account, decide, machine, now):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    first = decide(drift())
    finish_run(
        end_of(machine, first.run_id, **CAPACITY), now=now, state=account.state, bus=account.bus
    )
    assert call_due(["flights"], now=now, adapters=adapters_of(account, machine)) == []
    later = now + timedelta(minutes=16)
    account.bus.events.clear()
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == ["flights"]
    assert [event.type for event in account.bus.events] == ["RetrainingDue"]
    second = decide({**FINISHED, "detail-type": "RetrainingDue"}, now=later)
    assert (second.decision, second.attempt) == ("start", 2)
    assert second.occasion_id == first.occasion_id and second.run_id != first.run_id
    assert len(started(machine)) == 2
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == []


def test_the_same_event_after_a_failure_waits_and_is_then_the_next_attempt(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    first = decide(drift())
    event = end_of(machine, first.run_id, error="Defect", cause="no")
    finish_run(event, now=now, state=account.state, bus=account.bus)
    held = decide(drift(), now=now + timedelta(minutes=1))
    assert held.decision == "wait"
    assert held.retry_after == now + timedelta(minutes=15)
    assert decide(drift(), now=now + timedelta(minutes=16)).decision == "start"


def test_a_run_that_ends_while_the_wait_is_written_down_is_not_waited_for(
    account, decide, machine, now, monkeypatch
):
    account.add_first_quarter()
    materialize_all(account)
    acquire_lease(account.state, "flights", run_id="r0", execution="arn:r0", now=now)
    update, done = account.state.update, []

    def end_meanwhile(problem, key, change, **more):
        if key.text.startswith("waiting#") and not done:
            done.append(key)
            account.state.delete(
                "flights", account.state.get("flights", state_keys.RETRAINING_LEASE)
            )
        return update(problem, key, change, **more)

    monkeypatch.setattr(account.state, "update", end_meanwhile)
    assert decide(materialized("planes", "p")).decision == "start"
    assert done and list(account.state.list("flights", state_keys.WAITING_OCCASIONS)) == []
