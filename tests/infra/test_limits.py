"""AWS's limits, counted for the longest names that an environment and a problem may have."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ghosteam.problem.families import FAMILIES
from ghosteam.problem.serve import LONGEST_HOLD, LONGEST_WATCH
from ghosteam.rollout.plan import LONGEST_ROLLOUT, MAX_WATCHES, slot_name
from ghosteam.steps.start_run import job_prefix
from infra.settings import ENVIRONMENTS, LONGEST_NAME, ROOT, EnvironmentSettings
from tests.infra.sizes import inline_policies, resolved
from tests.infra.templates import Synthesized, states, synthesize, text

LONGEST_ENVIRONMENT = "e" * LONGEST_NAME
LONGEST_PROBLEM = "p" * 31
# Source of each: the service's quotas page.
LONGEST = {
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::Scheduler::Schedule", "Name"): 64,
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"): 64,
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::StepFunctions::StateMachine", "StateMachineName"): 80,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::SNS::Topic", "TopicName"): 256,
    ("AWS::Events::EventBus", "Name"): 256,
    ("AWS::CloudWatch::Alarm", "AlarmName"): 255,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
    ("AWS::SageMaker::MlflowApp", "Name"): 256,
    ("AWS::DynamoDB::GlobalTable", "TableName"): 255,
    ("AWS::Cognito::UserPoolDomain", "Domain"): 63,
}
LONGEST_BUCKET, LONGEST_REGION, ACCOUNT = 63, "ap-northeast-1", "0" * 12
RESOURCES, OUTPUTS, TEMPLATE_BYTES = 500, 200, 1_000_000
RULES_OF_A_BUS, LAYERS, VARIABLES_BYTES = 300, 5, 4096
INLINE_POLICIES, MANAGED_POLICY, STATE_MACHINE_SECONDS = 10_240, 6_144, 365 * 24 * 3600


@pytest.fixture(scope="module")
def longest(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """An environment and a problem with names as long as they may be."""
    repo = tmp_path_factory.mktemp("longest") / "repo"
    (repo / LONGEST_PROBLEM).mkdir(parents=True)
    spec = (
        (ROOT / "feature_repo" / "flights" / "problem.yaml")
        .read_text()
        .replace("problem: flights", f"problem: {LONGEST_PROBLEM}")
    )
    (repo / LONGEST_PROBLEM / "problem.yaml").write_text(spec)
    (repo / LONGEST_PROBLEM / "contract.py").write_text(
        (ROOT / "feature_repo" / "flights" / "contract.py").read_text()
    )
    settings = replace(ENVIRONMENTS["dev"], name=LONGEST_ENVIRONMENT)
    return synthesize(settings, tmp_path_factory.mktemp("longest-out"), feature_repo=repo)


def test_names_are_within_the_limits_of_their_services(longest: Synthesized) -> None:
    checked = set()
    for resource in longest.resources:
        for (kind, field), most in LONGEST.items():
            if resource.kind == kind and isinstance(resource.properties.get(field), str):
                checked.add(kind)
                assert len(text(resource.properties[field])) <= most, resource
    assert {
        "AWS::Lambda::Function",
        "AWS::Scheduler::Schedule",
        "AWS::StepFunctions::StateMachine",
    } <= checked


def test_bucket_names_fit_in_the_region_with_the_longest_name(longest: Synthesized) -> None:
    for bucket in longest.of("AWS::S3::Bucket"):
        name = text(bucket.properties["BucketName"]).replace("<AWS::AccountId>", ACCOUNT)
        assert len(name.replace("us-east-1", LONGEST_REGION)) <= LONGEST_BUCKET, bucket


@pytest.mark.parametrize("problem", ["p", LONGEST_PROBLEM])
@pytest.mark.parametrize("environment", ["local", "staging", LONGEST_ENVIRONMENT])
def test_names_that_workflows_make_fit(environment: str, problem: str) -> None:
    begin = EnvironmentSettings(name=environment).job_name_prefix
    run = job_prefix(problem, "20130708T0000-readiness-abc123", name_prefix=begin)
    jobs = [f"{begin}-{run}-{kind}-99" for kind in ("set", "eval", *FAMILIES.names)]
    others = [f"{begin}-{kind}-{'u' * 36}" for kind in ("report", "score", "validate")]
    for name in (*jobs, *others, slot_name(begin, problem, "123456", "execution")):
        assert len(name) <= 63, name


def test_each_stack_is_within_cloudformations_limits(longest: Synthesized) -> None:
    for stack, template in longest.templates.items():
        assert len(template["Resources"]) <= RESOURCES, stack
        assert len(template.get("Outputs", {})) <= OUTPUTS, stack
        assert len(json.dumps(template)) <= TEMPLATE_BYTES, stack


def test_the_bus_has_room_for_its_rules(longest: Synthesized) -> None:
    assert len(longest.of("AWS::Events::Rule")) <= RULES_OF_A_BUS


def test_functions_have_few_enough_layers_and_small_enough_variables(longest: Synthesized) -> None:
    for function in longest.of("AWS::Lambda::Function"):
        assert len(function.properties.get("Layers", [])) <= LAYERS, function
        variables = function.properties.get("Environment", {}).get("Variables", {})
        size = sum(len(name) + len(resolved(value)) for name, value in variables.items())
        assert size <= VARIABLES_BYTES, function


def test_the_policies_of_a_role_fit(longest: Synthesized) -> None:
    sizes = inline_policies(longest)
    assert max(sizes.values()) > 1000
    assert {role: size for role, size in sizes.items() if size > INLINE_POLICIES} == {}
    for policy in (one for one in longest.resources if one.kind == "AWS::IAM::ManagedPolicy"):
        assert len(resolved(policy.properties["PolicyDocument"])) <= MANAGED_POLICY, policy


def test_a_rollout_may_take_as_long_as_a_problem_may_ask_for(longest: Synthesized) -> None:
    longest_canary = MAX_WATCHES * LONGEST_WATCH + LONGEST_HOLD
    rollout = next(body for name, body in longest.machines().items() if name.endswith("-rollout"))
    approvals = [
        state["TimeoutSeconds"]
        for _, state in states(rollout)
        if state.get("Resource", "").endswith(".waitForTaskToken")
    ]
    assert len(approvals) == 1
    assert rollout["TimeoutSeconds"] == LONGEST_ROLLOUT.total_seconds() <= STATE_MACHINE_SECONDS
    assert longest_canary.total_seconds() + approvals[0] < rollout["TimeoutSeconds"]
