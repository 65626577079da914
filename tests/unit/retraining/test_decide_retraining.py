"""From an event on the bus to an execution, or a stored reason why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.readiness import Readiness
from ghosteam.errors import InvalidInput, Transient
from ghosteam.problem.definition import digest_of, written
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.occasions import occasion_of
from ghosteam.steps.decide_retraining import (
    Retraining,
    decide_retraining,
)
from ghosteam.steps.finish_run import finish_run
from tests import documents
from tests.metrics import published
from tests.unit.retraining.occasions import (
    changed,
    drift,
    end_of,
    materialize_all,
    materialized,
    request,
    serve,
    started,
)


def test_the_last_missing_batch_starts_the_first_run_as_of_the_newest_event(
    account, decide, machine
):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "start"
    [document] = started(machine)
    assert document == {
        "problem": "flights",
        "run_id": answer.run_id,
        "as_of": "2013-04-01T03:59:00+00:00",
        "reason": {"trigger": "readiness", "detail": "batch p of planes is materialized"},
        "occasion_id": answer.occasion_id,
        "occasion": {
            "schema_version": 1,
            "cause": "readiness",
            "detail": "batch p of planes is materialized",
            "as_of": None,
            "request": "",
        },
    }
    assert account.state.find("flights", state_keys.READINESS) == Readiness(True)


def test_an_event_dated_into_the_future_does_not_hold_up_training(account, decide, machine):
    account.add_first_quarter()
    account.add_batch("flights", "odd", "2013-03-31T10:00:00+00:00", "2199-01-01T00:00:00+00:00")
    materialize_all(account)
    account.note_online("flights", "odd")
    assert (
        decide(materialized("flights", "odd"), now=datetime(2013, 4, 1, 4, tzinfo=UTC)).decision
        == "start"
    )
    [document] = started(machine)
    assert document["as_of"] == "2013-04-01T04:00:00+00:00"


def test_a_batch_whose_features_are_not_online_yet_does_not_count(account, decide, machine):
    account.add_first_quarter()
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "skip" and "no batch of flights is materialized yet" in answer.reason
    assert account.state.find("flights", state_keys.READINESS).ready is False
    assert started(machine) == []


def test_the_same_event_again_starts_nothing_twice_and_answers_the_same(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    assert decide(materialized("planes", "p")) == decide(materialized("planes", "p"))
    assert len(started(machine)) == 1


def test_a_decision_lost_after_the_execution_started_is_made_again_without_a_second_execution(
    account, decide, machine
):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    lost = account.state.get("flights", state_keys.DECISIONS / answer.occasion_id)
    account.state.delete("flights", lost)
    assert decide(materialized("planes", "p")).decision == "start"
    assert len(started(machine)) == 1


def test_a_run_is_counted_with_what_it_costs_when_it_starts_and_once(
    account, flights, decide, machine, capsys
):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    for _ in range(100):
        assert decide(drift()).decision == "start"
    assert len(started(machine)) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "RunDollars" in line]
    assert [published(line)["RunDollars"] for line in lines] == [estimated_usd(flights.model)]


def test_drift_starts_a_run_that_says_which_features_drifted(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    assert decide(drift()).decision == "start"
    assert (
        started(machine)[0]["reason"]["detail"]
        == "weather__temp drifted in the window to 2013-07-08T00:00:00+00:00"
    )


def test_a_definition_that_comes_back_is_learned_again(account, decide, machine, now):
    serve(account)
    account.add_first_quarter()
    materialize_all(account)
    first = decide(changed())
    assert first.decision == "start" and decide(changed()) == first
    finish_run(
        end_of(machine, first.run_id, "ABORTED"), now=now, state=account.state, bus=account.bus
    )
    again = decide(changed(at="2024-05-20T07:30:00+00:00"))
    assert again.decision == "start" and again.run_id != first.run_id
    assert len(started(machine)) == 2


def test_a_definition_that_the_champion_learned_by_is_not_learned_again(
    account, decide, machine, flights
):
    own = digest_of(written(flights))
    serve(account, definition=own)
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(changed(definition=own))
    assert answer.decision == "skip"
    assert answer.reason == "the model that serves learned by the definition in force"
    # The model of another definition is on its way into service.
    registered = documents.run("r1", status="registered")
    account.state.create("flights", state_keys.RUNS / "r1", registered)
    assert decide(changed(at="2024-05-20T07:30:00+00:00")).decision == "start"


def test_drift_inside_the_cool_down_is_skipped_and_the_reason_is_stored(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    run = documents.run(
        "r0",
        as_of=datetime(2013, 7, 5, tzinfo=UTC),
        status="refused",
        started_at=datetime(2024, 5, 1, tzinfo=UTC),
        finished_at=datetime(2024, 5, 1, 1, tzinfo=UTC),
    )
    account.state.create("flights", state_keys.RUNS / "r0", run)
    answer = decide(drift())
    assert answer.decision == "skip" and "cool-down" in answer.reason
    assert account.state.get("flights", state_keys.DECISIONS / answer.occasion_id).data == answer
    assert started(machine) == []


def test_an_execution_that_cannot_be_started_gives_the_lease_back(account, flights, now):
    account.add_first_quarter()
    materialize_all(account)

    class Away:
        def arn_of(self, name):
            return f"arn:{name}"

        def start(self, name, document):
            raise Transient("Step Functions is away")

    adapters = Retraining(account.state, Away(), account.bus)
    with pytest.raises(Transient):
        decide_retraining(flights, materialized("planes", "p"), now=now, adapters=adapters)
    assert account.state.get("flights", state_keys.RETRAINING_LEASE) is None


def test_a_persons_request_that_is_refused_is_told_and_on_record(account, decide, machine):
    answer = decide(request("a", request_id="mine"))
    assert (answer.decision, answer.request) == ("skip", "mine")
    assert account.state.get("flights", state_keys.DECISIONS / answer.occasion_id).data == answer
    [event] = account.bus.events
    assert event.type == "RetrainingDeclined" and "no batch of flights" in event.detail()["reason"]


def test_a_longer_hold_out_that_stops_retraining_is_told_once(account, decide):
    account.add_first_quarter()
    materialize_all(account)
    serve(account, train_end=datetime(2013, 3, 30, tzinfo=UTC))
    for _ in range(2):
        assert "shorten holdout" in decide(drift()).reason
    assert [event.type for event in account.bus.events] == ["RetrainingDeclined"]


def test_a_performance_event_says_what_fell():
    detail = {
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "w",
        "metric": "roc_auc",
        "value": 0.61,
        "limit": 0.64,
    }
    occasion = occasion_of({"id": "1", "detail-type": "PerformanceDegraded", "detail": detail})
    assert occasion.detail == "roc_auc is 0.6100, past its limit 0.6400, in the window to w"


@pytest.mark.parametrize(
    "event",
    [request(as_of="soon"), request(as_of="2013-07-08T00:00:00"), {**drift(), "detail-type": "X"}],
)
def test_an_event_that_makes_no_sense_is_refused_with_a_remedy(event):
    with pytest.raises(InvalidInput) as caught:
        occasion_of(event)
    assert caught.value.remedy and caught.value.where["field"] in ("as_of", "detail-type")
