"""Outcomes score the predictions, and July's weather makes the loop turn again by itself."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.keys import drift_report
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.state_keys import Key
from tests.flow import slice as sample
from tests.flow.calls import Row, Traffic, ask, logged
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = pytest.mark.flow


def test_outcomes_that_arrive_later_score_the_predictions(world: World, champion: Slot) -> None:
    world.settled(world.drop("weather", "2013-04.csv", sample.weather_csv(4)))
    world.rest()
    answers = ask(world, sample.requests(world.problem, moment(4, 1), moment(4, 15)))
    logged(world, {answer["prediction_id"] for answer in answers})
    labels = world.settled(world.drop("flights", "2013-04.csv", sample.flights_csv(4)))
    world.eventually(
        "verdict on April's predictions",
        lambda: world.state.get(
            "flights", state_keys.PERFORMANCE_VERDICTS / moment(4, 11).isoformat()
        ),
        logs_of=("check_performance",),
    )
    verdicts = [
        document.data
        for document in world.state.list("flights", state_keys.PERFORMANCE_VERDICTS / "2013-04")
    ]
    assert labels.status == "validated"
    judged = [verdict for verdict in verdicts if verdict.undetermined is None]
    assert judged, verdicts
    assert all(verdict.labels >= world.problem.watch.performance.min_labels for verdict in judged)
    assert all(verdict.lower <= verdict.value <= verdict.upper for verdict in judged)
    unjudged = [verdict.undetermined for verdict in verdicts if verdict.undetermined is not None]
    assert all("fewer than the 500 that are needed" in reason for reason in unjudged)


def test_drift_in_july_alarms_reports_and_retrains_while_the_api_answers(
    world: World, champion: Slot
) -> None:
    for month in (5, 6):
        world.drop("flights", f"2013-{month:02d}.csv", sample.flights_csv(month))
    warm = [
        world.drop("weather", f"2013-{month:02d}.csv", sample.weather_csv(month))
        for month in (5, 6, 7)
    ]
    for dropped in warm:
        world.settled(dropped)
    world.rest()
    before = {run.key for run in world.state.list("flights", state_keys.RUNS)}
    serving = world.state.get("flights", state_keys.ROUTING)
    assert serving is not None
    with Traffic(
        world, sample.requests(world.problem, moment(7, 1), moment(7, 14), 900)
    ) as traffic:
        asked = [
            *_week(world, moment(7, 1), moment(7, 8)),
            *_week(world, moment(7, 8), moment(7, 15)),
        ]
        ids = {answer["prediction_id"] for answer in asked}
        delivered = logged(world, ids)
        turn = world.invoke("compact_log", {})
        assert turn["compacted"]["damaged"] == 0
        assert turn["compacted"]["predictions"] >= len(ids)
        assert logged(world, ids) == delivered, "what is compacted reads as it was delivered"
        first = world.invoke("check_drift", {"problem": "flights", "as_of": "2013-07-08T00:00:00Z"})
        assert first["undetermined"] is None
        assert first["drifted"] and not first["sustained"], "one window of three is not enough"
        second = world.invoke(
            "check_drift", {"problem": "flights", "as_of": "2013-07-15T00:00:00Z"}
        )
        assert second["drifted"] and second["sustained"]
        assert "weather__temp" in second["drifted_features"]

        event = world.eventually(
            "DriftDetected", lambda: world.events("DriftDetected", as_of=second["window_end"])
        )[0]
        assert event["run_id"] == serving.data.champion.run_id
        world.eventually(
            "alert of the drift alarm",
            lambda: [
                alert
                for alert in world.alerts("flights-DriftSustained")
                if json.loads(alert["Message"])["NewStateValue"] == "ALARM"
            ],
        )
        report = f"{drift_report('flights', event['window_id'])}/"
        page = world.eventually(
            "drift report",
            lambda: [o for o in world.artifacts.list(report) if o.key.endswith(".html")],
        )
        made = world.artifacts.get(page[0].key)
        assert b"<html" in made[:2000].lower()
        assert b"model version" in made and b"sustained drift, of " in made

        run = world.eventually(
            "run because of drift", lambda: _new_run(world, before), logs_of=("decide_retraining",)
        )
        assert run.reason.trigger == "drift"
        assert "weather__temp" in run.reason.detail
        ended = world.eventually(
            "end of the run and its rollout",
            lambda: (
                (found := _new_run(world, before))
                and found.status not in ("running", "registered")
                and found
            ),
            logs_of=("start_run", "register_model", "judge_canary", "finish_rollout"),
            within=420,
        )
        world.rest()
    assert ended.status == "promoted", ended
    assert all(ended.reasons) and ended.reasons, "an end says why"
    [parity] = [reason for reason in ended.reasons if reason.startswith("parity:")]
    # April was asked for before its outcomes landed: its windows were not there in time.
    assert "served rows against the training set" in parity, parity
    assert re.search(r"dest_late_7d null online in \d", parity), parity
    assert "different" not in parity, parity
    canary = ended.reasons[-1]
    assert re.search(r"the champion, asked of \d+ of the rows, agrees as on the hold-out", canary)
    assert traffic.failures == []
    assert traffic.answered > 50
    _serves_alone(world, ended)


def _week(world: World, begin: datetime, end: datetime) -> list[Row]:
    return ask(world, sample.requests(world.problem, begin, end, 300))


def _new_run(world: World, before: set[Key[Run]]) -> Run | None:
    found = [
        run.data for run in world.state.list("flights", state_keys.RUNS) if run.key not in before
    ]
    return found[0] if found else None


def _serves_alone(world: World, promoted: Run) -> None:
    """The promoted model serves and its predecessor's slot is gone."""
    routing = world.state.get("flights", state_keys.ROUTING)
    assert routing is not None and routing.data.challenger is None
    now = routing.data.champion
    assert now.version == promoted.version

    def endpoints() -> list[str]:
        return [
            each["EndpointName"] for each in world.client("sagemaker").list_endpoints()["Endpoints"]
        ]

    world.eventually(
        "end of the other slot", lambda: endpoints() == [now.endpoint], logs_of=("retire_slot",)
    )
