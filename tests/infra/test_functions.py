"""The deployed functions are those of the table and of the folders, and nothing that feeds them
loses work.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ghosteam.documents.work import WORK, arrivals_name, queue_name
from infra.functions import FUNCTIONS
from infra.settings import ROOT
from tests.infra.templates import Resource, Synthesized, logical_id, text

SQS_LONGEST_VISIBILITY = 43_200
# Deployed for each source that a problem declares, and no problem of this repository declares one.
OF_SOURCES = {"pull_source", "receive_stream"}


def table_name(function: Resource, environment: Synthesized) -> str:
    """Name in ``infra/functions.py`` of a deployed function."""
    deployed = str(function.properties["FunctionName"])
    return deployed.removeprefix(f"{environment.settings.prefix}-").replace("-", "_")


def test_the_table_the_folders_and_the_deployment_name_the_same_functions(
    environment: Synthesized,
) -> None:
    deployed = [
        table_name(function, environment) for function in environment.of("AWS::Lambda::Function")
    ]
    folders = [path.parent.name for path in (ROOT / "functions").glob("*/handler.py")]
    assert sorted(folders) == sorted(FUNCTIONS)
    assert sorted(deployed) == sorted(FUNCTIONS.keys() - OF_SOURCES)


def test_functions_get_the_layers_memory_and_time_of_the_table(environment: Synthesized) -> None:
    for function in environment.of("AWS::Lambda::Function"):
        spec = FUNCTIONS[table_name(function, environment)]
        attached = [
            environment.named(function.stack, logical_id(ref))
            for ref in function.properties["Layers"]
        ]
        names = [
            layer.properties["LayerName"].removeprefix(f"{environment.settings.prefix}-")
            for layer in attached
        ]
        # The CDK sorts them; they share no file, so their order says nothing.
        assert sorted(names) == sorted(spec.layers), function
        assert function.properties["MemorySize"] == spec.memory, function
        assert function.properties["Timeout"] == spec.timeout, function
        assert function.properties["Runtime"] == "python3.13", function


def test_only_functions_that_read_folders_change_with_them() -> None:
    for name, spec in FUNCTIONS.items():
        handler = (ROOT / "functions" / name / "handler.py").read_text(encoding="utf-8")
        assert ("problems" in spec.layers) == ("ghosteam.runtime.problems" in handler), name


def test_each_function_has_a_role_and_a_log_group_of_its_own(environment: Synthesized) -> None:
    functions = environment.of("AWS::Lambda::Function")
    roles = {(function.stack, logical_id(function.properties["Role"])) for function in functions}
    groups = {
        (function.stack, logical_id(function.properties["LoggingConfig"]["LogGroup"]))
        for function in functions
    }
    assert len(roles) == len(groups) == len(functions)


def test_log_groups_are_kept_for_the_time_that_the_settings_name(environment: Synthesized) -> None:
    kept = {group.properties["RetentionInDays"] for group in environment.of("AWS::Logs::LogGroup")}
    assert kept == {environment.settings.log_retention_days}


def test_what_a_queue_cannot_deliver_waits_in_a_dead_letter_queue_whose_alarm_reaches_people(
    environment: Synthesized,
) -> None:
    alarms = {
        (alarm.stack, logical_id(dimension["Value"])): alarm
        for alarm in environment.of("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    topics = [topic.id for topic in environment.of("AWS::SNS::Topic")]
    for mapping in environment.of("AWS::Lambda::EventSourceMapping"):
        queue = environment.named(mapping.stack, logical_id(mapping.properties["EventSourceArn"]))
        dead = environment.named(
            mapping.stack, logical_id(queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        )
        assert dead.properties["MessageRetentionPeriod"] == 14 * 24 * 3600, dead
        alarm = alarms[dead.stack, dead.id]
        assert alarm.properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert (alarm.properties["Threshold"], alarm.properties["TreatMissingData"]) == (
            1,
            "notBreaching",
        )
        assert any(
            topic in str(action) for topic in topics for action in alarm.properties["AlarmActions"]
        ), alarm


def test_every_alarm_reaches_the_alert_topic(environment: Synthesized) -> None:
    """A problem's own stack knows it by its name."""
    (topic,) = environment.of("AWS::SNS::Topic")
    names = (topic.id, f":{topic.properties['TopicName']}'")
    for alarm in environment.of("AWS::CloudWatch::Alarm"):
        actions = str(alarm.properties["AlarmActions"])
        assert any(name in actions for name in names), alarm


def test_one_failed_message_comes_back_alone_and_not_while_it_is_still_worked_on(
    environment: Synthesized,
) -> None:
    for mapping in environment.of("AWS::Lambda::EventSourceMapping"):
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping
        queue = environment.named(mapping.stack, logical_id(mapping.properties["EventSourceArn"]))
        function = environment.named(mapping.stack, logical_id(mapping.properties["FunctionName"]))
        # Lambda refuses less than the function's timeout; more delays what a killed worker held.
        spare = queue.properties["VisibilityTimeout"] - function.properties["Timeout"]
        assert 0 < spare <= 60, queue
        assert queue.properties["VisibilityTimeout"] <= SQS_LONGEST_VISIBILITY, queue


def test_events_reach_functions_only_through_queues(environment: Synthesized) -> None:
    for rule in environment.of("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            assert "Function" not in str(target["Arn"]), rule


def test_one_problem_is_materialized_by_one_writer_at_a_time(environment: Synthesized) -> None:
    (mapping,) = [
        mapping
        for mapping in environment.of("AWS::Lambda::EventSourceMapping")
        if mapping.stack == "Features"
    ]
    queue = environment.named("Features", logical_id(mapping.properties["EventSourceArn"]))
    assert queue.properties["FifoQueue"] is True
    assert queue.properties["ContentBasedDeduplication"] is True


def test_work_that_takes_long_goes_through_its_problems_group(environment: Synthesized) -> None:
    """Each of its steps has a queue of the name that dispatch_work sends to, and nothing else feeds
    it.
    """
    prefix = environment.settings.prefix
    named = {
        queue.properties["QueueName"]: queue
        for queue in environment.of("AWS::SQS::Queue")
        if "QueueName" in queue.properties
    }
    for work in WORK:
        queue = named[queue_name(prefix, work)]
        (mapping,) = [
            one
            for one in environment.of("AWS::Lambda::EventSourceMapping")
            if one.stack == queue.stack and queue.id in str(one.properties["EventSourceArn"])
        ]
        function = environment.named(queue.stack, logical_id(mapping.properties["FunctionName"]))
        assert table_name(function, environment) == work
    sent: dict[str, list[Resource]] = {}
    for rule in environment.of("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            if text(target["Arn"]).endswith(f":{arrivals_name(prefix)}"):
                document = target["InputTransformer"]["InputTemplate"]
                (work,) = [one for one in WORK if f'"work":"{one}"' in document]
                sent.setdefault(work, []).append(rule)
                paths = target["InputTransformer"]["InputPathsMap"].values()
                assert {"$.id", "$.detail-type", "$.detail"} <= set(paths)
            else:
                assert not any(queue.id in text(target["Arn"]) for queue in named.values()), rule
    assert sent.keys() == set(WORK) - {"check_drift"}
    arrivals = named[arrivals_name(prefix)]
    (allowed,) = [
        statement
        for policy in environment.of("AWS::SQS::QueuePolicy")
        if arrivals.id in str(policy.properties["Queues"]) and policy.stack == arrivals.stack
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    rules = [text(arn) for arn in allowed["Condition"]["ArnLike"]["aws:SourceArn"]]
    assert len(rules) == 6 and all(f"Ghosteam-{environment.settings.name}-" in arn for arn in rules)


def test_a_watch_has_one_schedule_for_all_problems(environment: Synthesized) -> None:
    turns: dict[str, Any] = {}
    for schedule in environment.of("AWS::Scheduler::Schedule"):
        document = json.loads(schedule.properties["Target"]["Input"])
        if "work" in document:
            turns[document["work"]] = document
    watches = ("check_drift", "check_performance", "materialize_features")
    assert turns == {name: {"work": name} for name in watches}


def test_the_log_is_compacted_each_hour(environment: Synthesized) -> None:
    [turns] = [
        schedule.properties["ScheduleExpression"]
        for schedule in environment.of("AWS::Scheduler::Schedule")
        if str(schedule.properties["Name"]).endswith("-compact-log")
    ]
    assert turns == "rate(1 hour)"


def test_files_that_come_and_go_are_heard_but_not_those_whose_time_has_passed(
    environment: Synthesized,
) -> None:
    heard = {}
    for rule in environment.of("AWS::Events::Rule"):
        pattern = rule.properties.get("EventPattern", {})
        if pattern.get("source") == ["aws.s3"]:
            (detail_type,) = pattern["detail-type"]
            (target,) = rule.properties["Targets"]
            heard[detail_type] = (pattern["detail"].get("reason"), text(target["Arn"]))
    assert heard.keys() == {"Object Created", "Object Deleted"}
    assert [reason for reason, _ in heard.values()] == [None, ["DeleteObject"]]
    assert len({queue for _, queue in heard.values()}) == 1


def test_whoever_hears_of_validated_batches_hears_of_withdrawn_ones(
    environment: Synthesized,
) -> None:
    for rule in environment.of("AWS::Events::Rule"):
        types = rule.properties.get("EventPattern", {}).get("detail-type", [])
        assert ("BatchValidated" in types) == ("BatchWithdrawn" in types), rule


@pytest.mark.parametrize("route", ["POST /v1/{problem}/predict", "GET /v1/{problem}/model"])
def test_the_api_calls_a_published_version_because_snapstart_needs_one(
    dev: Synthesized, route: str
) -> None:
    (alias,) = dev.of("AWS::Lambda::Alias")
    (function,) = [f for f in dev.of("AWS::Lambda::Function") if f.properties.get("SnapStart")]
    assert function.properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert logical_id(alias.properties["FunctionName"]) == function.id
    (found,) = [r for r in dev.of("AWS::ApiGatewayV2::Route") if r.properties["RouteKey"] == route]
    integration = logical_id(found.properties["Target"]["Fn::Join"][1][1])
    assert dev.named("Serving", integration).properties["IntegrationUri"] == {"Ref": alias.id}
