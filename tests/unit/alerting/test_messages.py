"""What arrives at the topic of alerts becomes an alert that a person understands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ghosteam.alerting.message import alert_of
from ghosteam.alerting.sections import SECTIONS
from ghosteam.channels.alert import Alert, headline, text_of
from ghosteam.documents.alert_message import AlertMessage
from tests.alerts import ANY_ALERT, AT

ROOT = Path(__file__).parents[3]
ALARM = json.loads((ROOT / "tests" / "events" / "sns_alarm.json").read_text())


def notification(message: object, **more: str) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {**ALARM, "Message": text, **more}


def alarm(**changed: Any) -> Alert | None:
    return alert_of(notification({**json.loads(ALARM["Message"]), **changed}), "dev")


def event(kind: str, **detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": "ghosteam",
        "time": "2024-05-20T12:00:00Z",
        "detail": {"version": 1, "problem": "flights", **detail},
    }


def test_an_alarm_is_told_in_words() -> None:
    found = alert_of(ALARM, "dev")
    assert found is not None
    assert (found.state, found.severity, found.problem) == ("raised", "warning", "flights")
    assert found.what == "The inputs of recent predictions differ from what the model learned from"
    assert found.details == ("DriftSustained is at or over 1.",)
    assert (found.since, found.until, found.at) == (AT, None, AT)
    assert found.look == (
        "./ghosteam why flights alarm ghosteam-dev-flights-DriftSustained --environment dev",
        "docs/runbook.md#drift",
    )
    assert "{" not in text_of(found)


def test_its_end_is_about_the_same_condition() -> None:
    begin, end = alert_of(ALARM, "dev"), alarm(NewStateValue="OK", OldStateValue="ALARM")
    assert begin and end
    assert (end.key, end.state, end.until) == (begin.key, "cleared", AT)
    assert end.details == ("DriftSustained is no longer at or over 1.",)
    assert alarm(NewStateValue="INSUFFICIENT_DATA") is None


def test_an_alarm_of_the_deployment_sends_to_its_section() -> None:
    found = alarm(
        AlarmName="Ghosteam-dev-Serving-Api5xx",
        AlarmDescription="The API fails. See docs/runbook.md#api-errors",
        Trigger={
            "MetricName": "5xx",
            "Dimensions": [{"Name": "ApiId", "Value": "a1"}],
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 5.0,
        },
    )
    assert found is not None
    assert (found.severity, found.problem, found.what) == ("critical", None, "The API fails")
    assert found.details == ("5xx of ApiId a1 is at or over 5.",)
    assert found.look == ("./ghosteam status --environment dev", "docs/runbook.md#api-errors")


def test_an_alarm_of_somebody_s_own_is_told_too() -> None:
    found = alarm(AlarmName="disk", AlarmDescription=None, Trigger=None)
    assert found is not None
    assert (found.what, found.severity) == ("disk", "error")
    assert found.details[0].startswith("Threshold Crossed")


def test_silence_is_told_as_such() -> None:
    found = alarm(
        Trigger={
            "MetricName": "Heartbeat",
            "Dimensions": [{"name": "Step", "value": "check_drift"}],
            "ComparisonOperator": "LessThanThreshold",
            "Threshold": 1.0,
        }
    )
    assert found is not None
    assert found.details == ("Heartbeat of Step check_drift is below 1, or nothing was measured.",)


def test_every_section_of_the_runbook_that_alarms_says_how_bad_it_is() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = set(re.findall(r"^## (.+)$", runbook, re.MULTILINE))
    assert SECTIONS.keys() == sections - {"declined-retraining"}


@pytest.mark.parametrize(
    ("kind", "detail", "says"),
    [
        (
            "RetrainingDeclined",
            {"trigger": "request", "reason": "the budget is used up", "occasion_id": "o1"},
            "Warning: flights: a retraining because of request was declined",
        ),
        (
            "ModelPromoted",
            {"run_id": "r2", "model_version": "2", "reason": "the canary is as good"},
            "Info: flights: version 2 serves",
        ),
        (
            "RolloutRolledBack",
            {"run_id": "r2", "model_version": "2", "reason": "it failed 3 % of calls"},
            "Warning: flights: the rollout of version 2 was rolled back",
        ),
        (
            "ChampionRolledBack",
            {"model_version": "2", "to_version": "1", "reason": "a person asked"},
            "Warning: flights: version 2 was rolled back to version 1",
        ),
        (
            "Reconciled",
            {"repair": "RetireEndpoint", "name": "gt-dev-x", "reason": "nothing uses it"},
            "Warning: flights: an endpoint that nobody needs was taken down",
        ),
        (
            "ExpectationsNotMet",
            {"dataset": "trips", "batch_id": "r2", "expectations": 9, "failed": 2},
            "Warning: flights: a batch of trips does not meet its expectations",
        ),
        ("SomethingNew", {"run_id": "r2"}, "Info: flights: SomethingNew"),
    ],
)
def test_an_event_is_told_in_words(kind: str, detail: dict[str, Any], says: str) -> None:
    found = alert_of(notification(event(kind, **detail)), "dev")
    assert found is not None
    assert (found.state, headline(found)) == ("news", says)
    text = text_of(found)
    assert detail.get("reason", "r2") in text and "{" not in text
    assert all(place.endswith(" --environment dev") for place in found.look)


def test_a_repair_of_the_whole_deployment_has_no_problem() -> None:
    found = alert_of(
        notification(event("Reconciled", problem="", repair="RetireEndpoint", name="x")), "dev"
    )
    assert found and found.problem is None
    assert found.look == ("./ghosteam status --environment dev",)


def test_what_is_so_again_is_the_same_condition_and_what_was_done_again_is_not() -> None:
    def key(kind: str, id: str, reason: str = "r") -> str:
        told = {**event(kind, reason=reason, model_version="2"), "id": id}
        found = alert_of(notification(told), "dev")
        assert found
        return found.key

    assert key("RetrainingDeclined", "1") == key("RetrainingDeclined", "2")
    assert key("RetrainingDeclined", "1") != key("RetrainingDeclined", "1", "another")
    assert key("ExpectationsNotMet", "1") == key("ExpectationsNotMet", "2")
    assert key("ModelPromoted", "1") != key("ModelPromoted", "2")
    assert key("ModelPromoted", "1") == key("ModelPromoted", "1")


@given(ANY_ALERT)
def test_an_alert_of_a_step_arrives_as_it_was_sent(sent: Alert) -> None:
    assert alert_of(notification(AlertMessage(alert=sent).to_json()), "dev") == sent


@pytest.mark.parametrize("text", ["the disk is full\nsince noon", "[1, 2]", '{"a": 1}', "", "null"])
def test_whatever_somebody_publishes_is_told(text: str) -> None:
    found = alert_of(notification(text, Subject="From the operator"), "dev")
    assert found is not None and found.what == "From the operator"
    assert found.details == tuple(text.splitlines()) or found.details == ("(an empty message)",)
