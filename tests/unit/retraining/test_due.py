"""What a problem's settings alone make due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.aws.executions import Executions
from ghosteam.aws.retraining_lease import acquire_lease
from ghosteam.documents import state_keys
from ghosteam.documents.coverage import DayRows
from ghosteam.documents.event import Event
from ghosteam.problem.retrain import Retrain
from ghosteam.retraining.due import arrived, last_run, scheduled
from ghosteam.steps.decide_retraining import Retraining, decide_retraining
from tests import documents
from tests.unit.retraining.occasions import materialize_all, materialized, serve, started

MONTH = timedelta(days=30)


def asking(problem, **settings):
    return problem.model_copy(update={"retrain": Retrain(cooldown="1d", **settings)})


def test_a_run_is_due_so_long_after_the_last_one_was_started(flights, now):
    monthly, last = asking(flights, every="30d"), documents.run(started_at=now)
    assert scheduled(monthly, last, now=now + MONTH - timedelta(seconds=1)) is None
    ids = {"every": "30d", "last_run": "r1", "due": "2024-06-19 08:00 UTC"}
    assert scheduled(monthly, last, now=now + MONTH) == Event("RetrainingScheduled", "flights", ids)
    assert scheduled(flights, last, now=now + 12 * MONTH) is None


def test_the_last_run_is_the_newest_of_those_that_count(now):
    runs = [
        documents.run("old", started_at=now - 2 * MONTH, status="promoted"),
        documents.run("new", started_at=now - MONTH, status="refused"),
        documents.run("broken", started_at=now, status="failed"),
    ]
    assert last_run(runs) == runs[1]
    assert last_run(runs[2:]) is None


def test_outcomes_count_from_the_day_after_those_that_the_last_run_had(flights):
    problem = asking(flights, new_outcomes=100)
    as_of = problem.target.matures.after(datetime(2013, 7, 1, 12, tzinfo=UTC))
    last = documents.run(as_of=as_of)
    newest = datetime(2013, 7, 3, tzinfo=UTC)
    days = {
        "2013-07-01": DayRows(900, 900, newest),
        "2013-07-02": DayRows(80, 60, newest),
        "2013-07-03": DayRows(70, 39, newest),
    }
    assert arrived(problem, last, days) is None
    more = {**days, "2013-07-03": DayRows(70, 40, newest)}
    ids = {"outcomes": 100, "last_run": "r1"}
    assert arrived(problem, last, more) == Event("OutcomesArrived", "flights", ids)
    assert arrived(flights, last, more) is None


def test_a_schedule_that_the_cool_down_would_hold_back_is_refused():
    with pytest.raises(ValueError, match="every is shorter than cooldown"):
        Retrain(every="1d")
    assert Retrain(every="7d").starts == (*Retrain().on, "schedule")
    assert Retrain(new_outcomes=5).starts == (*Retrain().on, "outcomes")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [({"every": "30d"}, "RetrainingScheduled"), ({"new_outcomes": 10}, "OutcomesArrived")],
)
def test_a_batch_that_is_online_asks_for_the_run_that_is_due_and_once(
    account, flights, machine, now, settings, kind
):
    problem = asking(flights, min_train="28d", **settings)
    adapters = Retraining(account.state, Executions(*machine), account.bus)

    def batch(dataset="planes", id="p"):
        return decide_retraining(problem, materialized(dataset, id), now=now, adapters=adapters)

    account.add_first_quarter()
    materialize_all(account)
    serve(account, datetime(2013, 1, 31, tzinfo=UTC))
    batch()
    assert account.bus.events == [], "there was no run: readiness starts the first one"
    first = documents.run(
        "r1", as_of=datetime(2013, 2, 14, tzinfo=UTC), started_at=now - MONTH, status="promoted"
    )
    account.state.create("flights", state_keys.RUNS / "r1", first)
    batch()
    [asked] = account.bus.events
    assert asked.type == kind
    event = {"id": "8", "detail-type": kind, "detail": asked.detail()}
    [decision] = decide_retraining(problem, event, now=now, adapters=adapters)
    assert (decision.decision, decision.trigger) == ("start", problem.retrain.starts[-1])
    assert "r1" in decision.detail
    assert len(started(machine)) == 1
    batch()
    assert len(account.bus.events) == 1, "a run is at work"


def test_a_run_at_work_is_not_asked_for_again(account, flights, machine, now):
    problem = asking(flights, every="30d")
    first = documents.run("r1", started_at=now - 2 * MONTH, status="promoted")
    account.state.create("flights", state_keys.RUNS / "r1", first)
    acquire_lease(account.state, "flights", run_id="r2", execution="arn:r2", now=now)
    adapters = Retraining(account.state, Executions(*machine), account.bus)
    account.add_first_quarter()
    materialize_all(account)
    decide_retraining(problem, materialized("planes", "p"), now=now, adapters=adapters)
    assert account.bus.events == []
