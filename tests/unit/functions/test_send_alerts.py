"""send_alerts: every channel is told once, whatever fails and whoever dies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ghosteam.aws.alerts import Alerts
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.state_keys import EVERY_PROBLEM
from ghosteam.errors import Defect, Transient
from ghosteam.steps.send_alerts import take_message, tell_what_is_due
from tests.alerts import AT, alert
from tests.unit.functions.alert_world import MINUTE, World, alert_world

ALARM = json.loads((Path(__file__).parents[2] / "events" / "sns_alarm.json").read_text())


class Killed(BaseException):
    pass


@pytest.fixture
def world() -> Iterator[World]:
    with alert_world() as made:
        yield made


def at(minute: int, **changed: Any) -> dict[str, Any]:
    """The alarm's notification of a minute."""
    when = (AT + minute * MINUTE).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    message = {**json.loads(ALARM["Message"]), "StateChangeTime": when, **changed}
    return {**ALARM, "Message": json.dumps(message)}


def failing(**changed: Any) -> dict[str, Any]:
    return at(0, AlarmDescription="The API fails. See docs/runbook.md#api-errors", **changed)


def test_each_channel_hears_what_is_for_it(world: World) -> None:
    world.take(ALARM)
    assert world.web.hosts == ["hooks.slack.com"], "a warning is not for PagerDuty, nor the quiet"
    (mail,) = world.mails()
    assert mail["Subject"].startswith("Ghosteam: Warning: flights: The inputs of recent")
    assert "docs/runbook.md#drift" in mail["Message"] and "{" not in mail["Message"]
    world.take(failing(AlarmName="api"))
    assert world.web.hosts[1:] == ["hooks.slack.com", "events.pagerduty.com", "hooks.slack.com"]


def test_the_same_message_is_told_once_and_the_end_when_it_has_lasted(world: World) -> None:
    for _ in range(100):
        world.take(failing())
    assert world.web.hosts.count("events.pagerduty.com") == 1
    world.take(at(20, NewStateValue="OK", AlarmDescription="x See docs/runbook.md#api-errors"), 20)
    world.turn(25)
    assert world.web.hosts.count("events.pagerduty.com") == 1
    world.turn(31)
    world.turn(41)
    pages = [body for host, body in world.web.sent if host == "events.pagerduty.com"]
    assert [page["event_action"] for page in pages] == ["trigger", "resolve"]
    assert pages[0]["dedup_key"] == pages[1]["dedup_key"]


def test_what_was_held_is_told_after_the_quiet(world: World) -> None:
    world.take(ALARM)
    assert len(world.web.sent) == 1
    world.turn(50)
    assert len(world.web.sent) == 1
    world.turn(60)
    (_, body), held = world.web.sent[-1], len(world.web.sent)
    assert held == 2 and "waited for the end of the quiet hours" in json.dumps(body)
    world.turn(70)
    assert len(world.web.sent) == 2


def test_a_channel_that_fails_keeps_no_other_from_being_told(world: World) -> None:
    world.web.fails["slack"] = Transient("no answer")
    with pytest.raises(Transient):
        world.take(failing())
    assert world.web.hosts == ["events.pagerduty.com"] and len(world.mails()) == 1
    world.web.fails.clear()
    world.take(failing())  # the queue brings it again
    assert world.web.hosts == ["events.pagerduty.com", "hooks.slack.com", "hooks.slack.com"]
    assert not world.mails()


def test_what_may_pass_is_tried_again_before_what_never_will_is_given_up(world: World) -> None:
    world.web.fails = {"slack": Defect("no_service"), "pagerduty": Transient("503")}
    with pytest.raises(Transient):
        world.take(failing())
    del world.web.fails["pagerduty"]
    with pytest.raises(Defect, match="no_service"):
        world.take(failing())
    # Given up. When it is put back after the channel was mended, only that one is told.
    world.web.fails.clear()
    sent = len(world.web.sent)
    world.take(failing())
    assert world.web.hosts[sent:] == ["hooks.slack.com", "hooks.slack.com"]


def test_who_dies_after_telling_tells_twice_and_never_not_at_all(world: World) -> None:
    for dies_at in range(6):
        name = f"alarm-{dies_at}"
        calls = 0
        amend = world.channels.state.amend

        def dying(*given: Any, dies_at: int = dies_at, amend: Any = amend) -> Any:
            nonlocal calls
            calls += 1
            if calls == dies_at:
                raise Killed
            return amend(*given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world.channels.state, "amend", dying)
            with suppress(Killed):
                world.take(failing(AlarmName=name))
        before = len(world.web.sent)
        world.take(failing(AlarmName=name))
        told = [body for host, body in world.web.sent if host == "events.pagerduty.com"]
        assert len(world.web.sent) - before <= 3
        assert any(name in json.dumps(body) for body in told)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ({"link": "https://hooks.slack.com/hidden"}, "no field url"),
        ({"url": "http://example.com/hidden"}, "begins with https"),
        ({"url": 5}, "no field url"),
    ],
)
def test_a_secret_of_another_form_is_told_and_not_shown(
    world: World, secret: dict[str, Any], says: str
) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId="slack", SecretString=json.dumps(secret)
    )
    with pytest.raises(Defect, match=says) as caught:
        world.take(ALARM)
    assert "hidden" not in str(caught.value.as_record()) and caught.value.remedy


def test_an_alarm_on_drift_says_what_the_watch_found(world: World) -> None:
    verdict = DriftVerdict(
        window_start=AT - timedelta(days=1),
        window_end=AT,
        model_version="3",
        drifted=True,
        sustained=True,
        rows=900,
        sustained_features=("temp",),
    )
    key = state_keys.DRIFT_VERDICTS / AT.isoformat()
    world.channels.state.put("flights", key, verdict)
    world.take(ALARM)
    (mail,) = world.mails()
    assert "what the model uses has drifted: temp" in mail["Message"]
    assert "Since 2024-05-19 12:00 UTC" in mail["Message"]


def test_an_alarm_on_outcomes_says_which_drifted_and_what_was_decided(world: World) -> None:
    verdict = OutcomeVerdict(
        window_start=AT - timedelta(days=1),
        window_end=AT,
        model_version="3",
        drifted=True,
        sustained=True,
        rows=900,
        sustained_features=("calibration late",),
    )
    key = state_keys.OUTCOME_VERDICTS / AT.isoformat()
    world.channels.state.put("flights", key, verdict)
    world.take(at(0, AlarmDescription="Outcomes differ. See docs/runbook.md#outcome-drift"))
    (mail,) = world.mails()
    assert "outcomes have drifted: calibration late" in mail["Message"]
    assert "where retrain.on names drift" in mail["Message"]


def test_a_document_that_cannot_be_read_keeps_no_alarm_from_people(world: World) -> None:
    key = state_keys.DRIFT_VERDICTS / AT.isoformat()
    partition = "monitoring#flights"
    boto3.client("dynamodb").put_item(
        TableName="state",
        Item={
            "partition": {"S": partition},
            "key": {"S": key.text},
            "version": {"N": "1"},
            "data": {"S": json.dumps({"schema_version": 99})},
        },
    )
    world.take(ALARM)
    assert world.web.hosts == ["hooks.slack.com"] and len(world.mails()) == 1


def test_an_alert_of_a_step_reaches_the_channels(world: World) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts"
    )
    Alerts(sns, topic).send(alert(state="news", details=("größer",)))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    world.take(json.loads(message["Body"]))
    assert "größer" in json.dumps(world.web.sent[0][1], ensure_ascii=False)


def test_what_nobody_needs_is_forgotten(world: World) -> None:
    world.take(at(0, NewStateValue="OK"))  # as every alarm says that was just made
    assert not list(world.channels.state.list(EVERY_PROBLEM, state_keys.ALERT_STATES))
    world.take(at(0))
    world.take(at(1, NewStateValue="OK"), 1)
    world.turn(60)
    assert len(list(world.channels.state.list(EVERY_PROBLEM, state_keys.ALERT_STATES))) == 3
    world.turn(60 * 24 * 3)
    assert not list(world.channels.state.list(EVERY_PROBLEM, state_keys.ALERT_STATES))
    world.take(ALARM, 60 * 24 * 4)
    gone = replace(world.channels, routes=())
    assert tell_what_is_due(gone, now=AT + timedelta(days=4)) == 0
    assert not list(world.channels.state.list(EVERY_PROBLEM, state_keys.ALERT_STATES))


def test_what_is_due_is_put_into_the_queue_once(world: World) -> None:
    world.take(ALARM)
    assert tell_what_is_due(world.channels, now=AT + 60 * MINUTE) == 1
    assert tell_what_is_due(world.channels, now=AT + 70 * MINUTE) == 0
    (message,) = world.queue
    for _ in range(2):
        take_message(message, world.channels, now=AT + 71 * MINUTE)
    assert len(world.web.sent) == 2
