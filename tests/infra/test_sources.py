"""Sources: nothing of them for a problem without, and for one with them exactly what each needs."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest

from ghosteam.documents import keys
from infra.nag import ACCEPTED, ACCEPTED_OF_SOURCES
from tests.infra.data_stack import data_stack
from tests.infra.templates import Synthesized, text
from tests.infra.test_nag import findings
from tests.unit.sources.builders import parcels_problem

KINDS = ("AWS::Kinesis::Stream", "AWS::Scheduler::Schedule")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return data_stack(tmp_path_factory, {"parcels": parcels_problem()})


def _grants(synthesized: Synthesized, function: str) -> dict[str, list[str]]:
    """Resources of each action that a function's role may do, as text."""
    found: dict[str, list[str]] = {}
    for policy, statement in synthesized.grants():
        if function in policy.id:
            actions, resources = statement["Action"], statement["Resource"]
            for action in actions if isinstance(actions, list) else [actions]:
                found.setdefault(action, []).extend(
                    map(text, resources if isinstance(resources, list) else [resources])
                )
    assert found, function
    return found


def test_a_problem_without_sources_deploys_none(local: Synthesized) -> None:
    assert not [
        resource
        for resource in local.resources
        if resource.stack == "Data"
        and resource.kind in KINDS
        and not resource.id.startswith("Rejections")
    ]
    names = {
        resource.properties.get("FunctionName") for resource in local.of("AWS::Lambda::Function")
    }
    assert not names & {"ghosteam-local-pull-source", "ghosteam-local-receive-stream"}


def test_each_pulled_source_has_a_schedule_that_names_it(sources: Synthesized) -> None:
    schedules = {
        schedule.properties["Name"]: schedule.properties
        for schedule in sources.of("AWS::Scheduler::Schedule")
        if not schedule.id.startswith("Rejections")
    }
    assert {name: schedule["ScheduleExpression"] for name, schedule in schedules.items()} == {
        "ghosteam-dev-parcels-api": "rate(60 minutes)",
        "ghosteam-dev-parcels-warehouse": "rate(15 minutes)",
    }
    target = schedules["ghosteam-dev-parcels-api"]["Target"]
    assert json.loads(target["Input"]) == {"problem": "parcels", "source": "api"}
    assert "PullSource" in text(target["Arn"])


def _silence(synthesized: Synthesized) -> list[tuple[int, int]]:
    """Period and number of periods of the alarms on pulls that do not come."""
    found = [
        alarm.properties
        for alarm in synthesized.of("AWS::CloudWatch::Alarm")
        if alarm.properties["MetricName"] == "Heartbeat" and alarm.id.startswith("Pull")
    ]
    assert all(one["EvaluationPeriods"] == one["DatapointsToAlarm"] for one in found)
    return [(one["Period"], one["EvaluationPeriods"]) for one in found]


def test_the_silence_of_the_source_that_is_pulled_most_often_alarms(sources: Synthesized) -> None:
    assert _silence(sources) == [(900, 3)]


@pytest.mark.parametrize(
    ("api", "expression", "silence"),
    [
        ("cron: 0 0/12 * * ? *", "cron(0 0/12 * * ? *)", [(43_200, 3)]),
        ("cron: 30 6 ? * TUE,SAT *", "cron(30 6 ? * TUE,SAT *)", [(86_400, 7)]),
        ("cron: 30 6 ? * MON *", "cron(30 6 ? * MON *)", []),
        ("cron: 30 6 L * ? *", "cron(30 6 L * ? *)", []),
        ("every: 2d", "rate(2880 minutes)", [(86_400, 6)]),
    ],
)
def test_a_schedule_has_the_times_of_its_source_and_its_silence_alarms_where_it_can_be_heard(
    tmp_path_factory: pytest.TempPathFactory,
    api: str,
    expression: str,
    silence: list[tuple[int, int]],
) -> None:
    problem = parcels_problem(("every: 1h", api), ("every: 15m", "cron: 0 0 LW * ? *"))
    found = data_stack(tmp_path_factory, {"parcels": problem})
    expressions = {
        one.properties["Name"]: one.properties["ScheduleExpression"]
        for one in found.of("AWS::Scheduler::Schedule")
    }
    assert expressions["ghosteam-dev-parcels-api"] == expression
    assert expressions["ghosteam-dev-parcels-warehouse"] == "cron(0 0 LW * ? *)"
    assert _silence(found) == silence


def test_a_stream_is_encrypted_with_our_key_and_read_with_bisection_and_a_place_for_what_is_lost(
    sources: Synthesized,
) -> None:
    (stream,) = sources.of("AWS::Kinesis::Stream")
    assert (
        stream.properties["Name"] == "ghosteam-dev-parcels-scans"
        and stream.properties["ShardCount"] == 1
    )
    assert sources.is_our_key(stream.properties["StreamEncryption"]["KeyId"])
    (mapping,) = [
        m
        for m in sources.of("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" in m.properties
    ]
    assert mapping.properties["BisectBatchOnFunctionError"] is True
    assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.properties["StartingPosition"] == "TRIM_HORIZON"
    assert (
        mapping.properties["MaximumBatchingWindowInSeconds"] == 60
        and mapping.properties["MaximumRetryAttempts"] == 10
    )
    assert "DeadLetters" in text(
        mapping.properties["DestinationConfig"]["OnFailure"]["Destination"]
    )


def test_what_may_fail_reaches_the_alert_topic(sources: Synthesized) -> None:
    alarms = [
        a.properties
        for a in sources.of("AWS::CloudWatch::Alarm")
        if a.id.startswith(("Pull", "Receive", "Streams"))
    ]
    assert {alarm["MetricName"] for alarm in alarms} == {
        "Errors",
        "Throttles",
        "Heartbeat",
        "ApproximateNumberOfMessagesVisible",
    }
    assert all("Alerts" in text(alarm["AlarmActions"][0]) for alarm in alarms)


def test_pulling_may_write_only_files_of_sources_and_read_only_their_secrets(
    sources: Synthesized,
) -> None:
    grants = _grants(sources, "PullSourceFunction")
    assert _written(grants) == ["*/*/source-*-*"]
    assert [
        resource.partition(":secretsmanager:us-east-1:000000000000:")[2]
        for resource in grants["secretsmanager:GetSecretValue"]
    ] == [
        "secret:ghosteam/api-??????",
        "secret:ghosteam/warehouse-??????",
    ]
    assert "s3:GetObject" not in grants and not [
        action for action in grants if action.startswith("kinesis")
    ]


def test_receiving_may_read_its_stream_and_write_files_and_quarantine(sources: Synthesized) -> None:
    grants = _grants(sources, "ReceiveStreamFunction")
    assert _written(grants) == ["*/*/source-*-*", "quarantine/*/*/source-*"]
    assert [read.rpartition(":")[2] for read in grants["kinesis:GetRecords"]] == [
        "stream/ghosteam-dev-parcels-scans"
    ]
    assert "DeadLetters" in grants["sqs:SendMessage"][0]
    assert "dynamodb:PutItem" not in grants and "secretsmanager:GetSecretValue" not in grants


def _written(grants: dict[str, list[str]]) -> list[str]:
    return sorted(resource.rpartition(">/")[2] for resource in grants["s3:PutObject"])


def test_what_sources_write_lies_where_they_may_write() -> None:
    landed = keys.landed_from("parcels", "parcels", "scans") + "shard-1-2.jsonl"
    refused = keys.quarantine_part("parcels", "parcels", "source-scans-shard-1-2", 0)
    assert fnmatchcase(landed, "*/*/source-*-*")
    assert fnmatchcase(refused, "quarantine/*/*/source-*")
    assert not fnmatchcase(keys.landed("parcels", "parcels", "january.csv"), "*/*/source-*-*")


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason_and_every_acceptance_is_needed(
    sources: Synthesized,
) -> None:
    found = {
        (rule, path)
        for rule, path in findings(sources)
        if any(part in path for part in ("/Pull", "/ReceiveStream", "/Streams/", "/Sources-"))
    }
    assert found and not [
        one
        for one in sorted(found)
        if not any(e.accepts(*one) for e in (*ACCEPTED, *ACCEPTED_OF_SOURCES))
    ]
    assert all(any(entry.accepts(*one) for one in found) for entry in ACCEPTED_OF_SOURCES)
