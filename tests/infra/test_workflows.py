"""State machines: logged, allowed to do what their states do, and careful with the state's
data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ghosteam.problem.families import FAMILIES
from ghosteam.retraining.occasions import DECIDE_AGAIN, EVERY_PROBLEM
from ghosteam.steps.start_run import job_prefix
from tests.infra.templates import (
    Resource,
    Synthesized,
    as_list,
    logical_id,
    machine_states,
    states,
    text,
)

SAGEMAKER_LONGEST_NAME = 63
UUID_LENGTH = 36
# What starts each machine: the detail of an event, or the input that decide_retraining makes.
INPUTS = {
    "retraining": {"problem", "run_id", "reason", "as_of"},
    "rollout": {"problem", "run_id", "version"},
    "driftreport": {
        "problem",
        "run_id",
        "window_start",
        "window_end",
        "window_id",
        "train_digest",
        "model_version",
        "features",
    },
    "largefiles": {"step", "handover"},
    "scoring": {"problem", "name"},
    "rebuild": {"problem"},
}


def may_do(environment: Synthesized, machine: Resource) -> dict[str, list[str]]:
    """The resources, as text, of each action that a machine's role is allowed."""
    allowed: dict[str, list[str]] = {}
    for statement in environment.grants_of(machine.stack, machine.properties["RoleArn"]):
        for action in as_list(statement["Action"]):
            allowed.setdefault(action, []).extend(
                text(resource) for resource in as_list(statement["Resource"])
            )
    return allowed


def test_every_step_of_an_execution_is_logged_without_its_data(
    environment: Synthesized,
) -> None:
    for machine in environment.of("AWS::StepFunctions::StateMachine"):
        logging = machine.properties["LoggingConfiguration"]
        # A task token in the log would let its readers answer for a person.
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False), machine
        (destination,) = logging["Destinations"]
        group = environment.named(
            machine.stack, logical_id(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
        )
        # Under this prefix the log service's resource policy, which has a limited size, need not
        # name each group.
        assert group.properties["LogGroupName"].startswith("/aws/vendedlogs/"), machine


def marked_fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field below ``value`` whose name ends with ``.$``."""
    if isinstance(value, list):
        for item in value:
            yield from marked_fields(item)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith(".$"):
                yield name, inner
            else:
                yield from marked_fields(inner)


def test_a_field_is_marked_as_dynamic_only_when_it_holds_a_path_or_an_intrinsic_function(
    environment: Synthesized,
) -> None:
    dynamic = re.compile(r"\$\$?($|[.\[])|States\.[A-Za-z0-9]+\(.*\)$", re.DOTALL)
    for machine, name, state in machine_states(environment):
        marked = list(marked_fields(state))
        wrong = [(field, value) for field, value in marked if not dynamic.match(str(value))]
        assert not wrong, (machine, name, wrong)


def test_every_machine_ends_some_day(environment: Synthesized) -> None:
    assert all(definition["TimeoutSeconds"] > 0 for definition in environment.machines().values())


def test_each_step_says_where_its_result_goes_and_jobs_throw_theirs_away(
    environment: Synthesized,
) -> None:
    """Without a ResultPath the description of a job would replace what the next states read."""
    for machine, name, state in machine_states(environment):
        if state["Type"] in ("Task", "Map"):
            assert "ResultPath" in state, f"{machine} {name}"
            # What becomes of each family is read by the next step.
            if state["Type"] == "Map":
                assert state["ResultPath"] == "$.families"
            elif ".sync" in state["Resource"] or ":create" in state["Resource"]:
                assert state["ResultPath"] is None, f"{machine} {name}"


def test_results_are_read_from_where_a_step_puts_them(environment: Synthesized) -> None:
    for name, definition in environment.machines().items():
        known, read = set(INPUTS[name.removeprefix(f"{environment.settings.prefix}-")]), set()
        for _, state in states(definition):
            known |= {path.removeprefix("$.") for path in paths(state, "ResultPath")}
            known |= {field.removesuffix(".$") for field in state.get("ItemSelector", {})}
            # A selector reads the answer of the service, not the state.
            reading = {field: value for field, value in state.items() if field != "ResultSelector"}
            read |= set(re.findall(r"(?<!\$)\$\.(\w+)", str(reading)))
        assert read <= known, name


def paths(value: Any, field: str) -> Iterator[str]:
    """All texts under ``field``, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == field and isinstance(inner, str):
                yield inner
            yield from paths(inner, field)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, field)


@pytest.mark.parametrize("kind", ["Training", "Processing"])
def test_a_machine_that_waits_for_jobs_may_run_watch_and_stop_them(
    environment: Synthesized, kind: str
) -> None:
    waiting = {
        m.id: m
        for m, _, s in machine_states(environment)
        if s.get("Resource", "").endswith(f":create{kind}Job.sync")
    }
    assert waiting
    for machine in waiting.values():
        allowed = may_do(environment, machine)
        for verb in ("Create", "Describe", "Stop"):
            (jobs,) = allowed[f"sagemaker:{verb}{kind}Job"]
            assert jobs.endswith(f":{kind.lower()}-job/{environment.settings.job_name_prefix}-*"), (
                machine
            )
        assert "sagemaker:AddTags" in allowed, machine
        for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule"):
            rules = allowed[action]
            assert any(
                rule.endswith(f":rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule")
                for rule in rules
            ), machine


def test_a_machine_may_make_each_call_of_its_states(environment: Synthesized) -> None:
    for machine, name, state in machine_states(environment):
        allowed = may_do(environment, machine)
        if "arn:aws:states:::aws-sdk:sagemaker:" in (resource := state.get("Resource", "")):
            call = resource.rsplit(":", 1)[1]
            assert f"sagemaker:{call[0].upper()}{call[1:]}" in allowed, f"{machine} {name}"
        elif state["Type"] == "Task" and ":sagemaker:" not in resource:
            function = (
                state["Parameters"]["FunctionName"] if "waitForTaskToken" in resource else resource
            )
            assert function in allowed["lambda:InvokeFunction"], f"{machine} {name}"


def test_a_machine_hands_each_role_of_its_jobs_to_sagemaker(environment: Synthesized) -> None:
    for machine, name, state in machine_states(environment):
        if role := state.get("Parameters", {}).get("RoleArn"):
            assert role in may_do(environment, machine)["iam:PassRole"], f"{machine} {name}"


def test_names_of_jobs_are_short_enough_and_new_at_every_attempt(environment: Synthesized) -> None:
    run_id = "20130708T0000-readiness-abc123"
    longest = {
        "$.run.job_prefix": len(
            job_prefix("p" * 31, run_id, name_prefix=environment.settings.job_name_prefix)
        ),
        "$.family.family": max(map(len, FAMILIES.names)),
        "$$.State.RetryCount": 1,
        "$.tries.count": 1,
        "States.UUID()": UUID_LENGTH,
    }
    for machine, name, state in machine_states(environment):
        parameters = state.get("Parameters", {})
        for field in ("TrainingJobName.$", "ProcessingJobName.$"):
            if field in parameters:
                match = re.fullmatch(r"States\.Format\('([^']*)', (.*)\)", parameters[field])
                assert match, f"{machine} {name}"
                pattern, arguments = match[1], match[2].split(", ")
                assert {"$$.State.RetryCount", "States.UUID()"} & set(arguments), (
                    f"{machine} {name}"
                )
                filled = pattern.format(*("x" * longest[argument] for argument in arguments))
                assert len(filled) <= SAGEMAKER_LONGEST_NAME, f"{machine} {name}: {filled}"
                assert filled.startswith(f"{environment.settings.job_name_prefix}-"), (
                    f"{machine} {name}"
                )


def test_every_job_is_tried_again_when_capacity_is_short(environment: Synthesized) -> None:
    jobs = [
        (m, n, s) for m, n, s in machine_states(environment) if ".sync" in s.get("Resource", "")
    ]
    for machine, name, state in jobs:
        (catch,) = state["Catch"]
        assert catch["Next"] == f"{name}Failed", f"{machine} {name}"
        known = {n: s for m, n, s in machine_states(environment) if m.id == machine.id}
        assert known[known[f"{name}Failed"]["Choices"][0]["Next"]]["Type"] == "Wait", (
            f"{machine} {name}"
        )


def test_a_quota_is_waited_for_and_an_invalid_request_is_not_repeated(dev: Synthesized) -> None:
    jobs = [(name, s) for _, name, s in machine_states(dev) if ".sync" in s.get("Resource", "")]
    assert len(jobs) >= 3
    for name, state in jobs:
        (retry,) = state["Retry"]
        assert retry["ErrorEquals"] == ["SageMaker.ResourceLimitExceededException"], name
        attempts, first, rate = retry["MaxAttempts"], retry["IntervalSeconds"], retry["BackoffRate"]
        waits = [min(first * rate**n, retry["MaxDelaySeconds"]) for n in range(attempts)]
        assert 1200 < sum(waits) < 7200 and attempts < 10, name


def test_what_waits_is_looked_at_by_the_clock_and_by_what_ends_a_wait(dev: Synthesized) -> None:
    rules = [rule.properties for rule in dev.of("AWS::Events::Rule")]
    (clock,) = [rule for rule in rules if rule.get("ScheduleExpression") == "rate(5 minutes)"]
    (target,) = clock["Targets"]
    assert json.loads(target["Input"]) == {"detail-type": EVERY_PROBLEM}
    patterns = [
        rule["EventPattern"].get("detail-type", []) for rule in rules if "EventPattern" in rule
    ]
    assert any({*DECIDE_AGAIN, "DriftDetected"} <= set(kinds) for kinds in patterns)
