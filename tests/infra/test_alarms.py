"""Nothing fails in silence: what can fail has an alarm, each alarm a section of the runbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from ghosteam.problem.load import load_problem
from ghosteam.problem.quality import Quality
from infra.constructs.schedule import rate_of
from infra.functions import FUNCTIONS
from infra.settings import ENVIRONMENTS, ROOT
from infra.stacks.problem import ProblemStack
from tests.infra.templates import Resource, Synthesized, as_list, logical_id, text

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
ALERTS_WITHOUT_ALARM = {"declined-retraining"}
ALARMS_THAT_A_PROBLEM_ASKS_FOR = {"data-quality"}
BESIDE = ALERTS_WITHOUT_ALARM | ALARMS_THAT_A_PROBLEM_ASKS_FOR
"""Sections of the runbook that no alarm of the problems here names."""


def sections(runbook: str) -> set[str]:
    return {
        line.removeprefix("## ").strip() for line in runbook.splitlines() if line.startswith("## ")
    }


def sections_named(environment: Synthesized) -> set[str]:
    """The sections that the alarms send people to; each alarm names one."""
    named = set()
    for alarm in alarms(environment):
        found = re.search(r"docs/runbook\.md#([a-z-]+)", str(alarm.properties["AlarmDescription"]))
        assert found, alarm
        named.add(found[1])
    return named


def alarms(environment: Synthesized) -> list[Resource]:
    return environment.of("AWS::CloudWatch::Alarm")


def watched(environment: Synthesized, metric: str) -> set[str]:
    """Names of the first dimension of the alarms on a metric, as text."""
    found = [
        alarm.properties
        for alarm in alarms(environment)
        if alarm.properties.get("MetricName") == metric
    ]
    return {str(one["Dimensions"][0]["Value"]) for one in found if one.get("Dimensions")}


def test_each_alarm_names_a_section_of_the_runbook_and_each_section_is_named(
    environment: Synthesized,
) -> None:
    assert sections_named(environment) | BESIDE == sections(RUNBOOK.read_text())


def test_every_function_that_no_workflow_watches_alarms_when_it_fails(
    environment: Synthesized,
) -> None:
    functions = {function.id: function for function in environment.of("AWS::Lambda::Function")}
    loud = {name.replace("_", "-") for name, spec in FUNCTIONS.items() if spec.alarms}
    for metric in ("Errors", "Throttles"):
        seen = watched(environment, metric)
        for id, function in functions.items():
            name = function.properties.get("FunctionName", "")
            wanted = any(str(name).endswith(f"-{one}") for one in loud)
            assert any(id in one for one in seen) == wanted, (metric, name)


def test_every_execution_that_fails_or_takes_too_long_alarms(environment: Synthesized) -> None:
    machines = environment.of("AWS::StepFunctions::StateMachine")
    for metric in ("ExecutionsFailed", "ExecutionsTimedOut"):
        seen = watched(environment, metric)
        assert all(any(machine.id in one for one in seen) for machine in machines), metric


def test_every_rule_and_schedule_keeps_what_it_could_not_deliver(environment: Synthesized) -> None:
    rules = environment.of("AWS::Events::Rule")
    assert rules
    for rule in rules:
        for target in rule.properties["Targets"]:
            queue = environment.named(rule.stack, logical_id(target["DeadLetterConfig"]["Arn"]))
            assert "FifoQueue" not in queue.properties, rule
    for schedule in environment.of("AWS::Scheduler::Schedule"):
        assert schedule.properties["Target"]["DeadLetterConfig"]["Arn"], schedule


def test_a_schedule_may_call_its_target_and_write_to_the_encrypted_queue_of_what_it_lost(
    environment: Synthesized,
) -> None:
    for schedule in environment.of("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        may: dict[str, list[Any]] = {}
        for statement in environment.grants_of(schedule.stack, target["RoleArn"]):
            for action in as_list(statement["Action"]):
                may.setdefault(action, []).extend(as_list(statement["Resource"]))
        queues = [target["DeadLetterConfig"]["Arn"]]
        if "lambda:InvokeFunction" in may:
            assert may["lambda:InvokeFunction"] == [target["Arn"]], schedule
        else:
            queues.append(target["Arn"])
        assert sorted(map(str, may["sqs:SendMessage"])) == sorted(map(str, queues)), schedule
        assert all(map(environment.is_our_key, may["kms:GenerateDataKey"])), schedule


def test_every_queue_of_dead_letters_and_every_waiting_queue_is_watched(
    environment: Synthesized,
) -> None:
    dead = {
        logical_id(queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in environment.of("AWS::SQS::Queue")
        if "RedrivePolicy" in queue.properties
    }
    lost = {
        logical_id(target["DeadLetterConfig"]["Arn"])
        for rule in environment.of("AWS::Events::Rule")
        for target in rule.properties["Targets"]
    }
    visible = watched(environment, "ApproximateNumberOfMessagesVisible")
    assert all(any(id in one for one in visible) for id in dead | lost)
    old = watched(environment, "ApproximateAgeOfOldestMessage")
    working = [
        queue for queue in environment.of("AWS::SQS::Queue") if "RedrivePolicy" in queue.properties
    ]
    assert all(any(queue.id in one for one in old) for queue in working)


def test_a_scheduled_step_that_is_missing_alarms(environment: Synthesized) -> None:
    found = [
        alarm.properties
        for alarm in alarms(environment)
        if alarm.properties.get("MetricName") == "Heartbeat"
    ]
    assert {one["Dimensions"][0]["Value"] for one in found} == {
        "check_drift",
        "check_performance",
        "decide_retraining",
        "remove_unneeded",
        "reconcile",
        "compact_log",
        "tell_rejections",
        "send_alerts",
    }
    for one in found:
        assert (one["TreatMissingData"], one["EvaluationPeriods"]) == ("breaching", 3)
        assert one["Namespace"] == f"Ghosteam/{environment.settings.name}"
        # CloudWatch looks back a week at most where a period is an hour or longer, else a day.
        assert (
            one["Period"] * one["EvaluationPeriods"] <= (7 if one["Period"] >= 3600 else 1) * 86_400
        )


def test_the_deployment_of_an_alarm_on_silence_counts_as_the_first_turn(
    environment: Synthesized,
) -> None:
    silent = [one for one in alarms(environment) if one.properties["MetricName"] == "Heartbeat"]
    [name] = [
        one.properties["FunctionName"]
        for one in environment.of("AWS::Lambda::Function")
        if one.properties["FunctionName"].endswith("-expect-turns")
    ]
    for alarm in silent:
        [step] = [one["Value"] for one in alarm.properties["Dimensions"]]
        expected = [
            turns
            for id in as_list(alarm.body["DependsOn"])
            if (turns := environment.named(alarm.stack, id)).kind == "Custom::GhosteamTurns"
        ]
        assert [one.properties["Step"] for one in expected] == [step]
        assert text(expected[0].properties["ServiceToken"]).endswith(f":function:{name}")


def test_the_api_the_endpoints_and_the_prediction_log_are_watched(environment: Synthesized) -> None:
    names = {alarm.properties.get("MetricName") for alarm in alarms(environment)}
    assert {"5xx", "PredictionErrors", "DeliveryToS3.DataFreshness", "DeliveryErrors"} <= names


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 day)", 86_400), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200)],
)
def test_a_rate_is_read(expression: str, seconds: int) -> None:
    assert rate_of(expression).to_seconds() == seconds


def test_a_schedule_that_is_no_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        rate_of("cron(0 8 * * ? *)")


def test_a_data_set_that_says_what_its_batches_have_to_be_like_has_an_alarm_of_its_own() -> None:
    problem = load_problem(ROOT / "feature_repo" / "flights")
    asked = {"weather": Quality(completeness=0.9, drift=0.5)}
    datasets = {
        name: dataset.model_copy(update={"quality": asked.get(name)})
        for name, dataset in problem.datasets.items()
    }
    spec = problem.model_copy(update={"datasets": datasets})
    stack = ProblemStack(Stack(App(), "Test"), "P", spec=spec, settings=ENVIRONMENTS["dev"])
    found = [
        one["Properties"]
        for one in Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    ]
    assert len(found) == 4
    [alarm] = [one for one in found if one["MetricName"] == "QualityMissed"]
    assert alarm["AlarmName"] == "ghosteam-dev-flights-weather-QualityMissed"
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
        "Problem": "flights",
        "Dataset": "weather",
    }
    # It lasts until another batch comes, and no batch is no news.
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "ignore")
    assert "weather misses limits" in alarm["AlarmDescription"]
    assert "#data-quality" in alarm["AlarmDescription"]
