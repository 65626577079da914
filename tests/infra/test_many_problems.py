"""200 problems with labels, suites, sources and 200 features of all kinds each are one deployment:
everything that AWS counts is counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.application import check_problems
from infra.functions import FUNCTIONS
from infra.settings import ENVIRONMENTS, ROOT
from layers.build import build_layers
from tests.infra.sizes import inline_policies, managed_policies, resolved
from tests.infra.templates import Synthesized, synthesize
from tests.many import Features, name_of, write_problems

MOST = 200
MIXED = Features(request=140, joined=40, windows=20, labels=True, suite=True, sources=True)


@dataclass(frozen=True)
class Limit:
    """``most``: the default quota. ``source``: the page of AWS's documentation that names it."""

    most: int
    source: str


_CLOUDFORMATION = "AWS CloudFormation user guide, 'Understand CloudFormation quotas'"
_COGNITO = "Amazon Cognito developer guide, 'Quotas in Amazon Cognito', resource quotas"
_GATEWAY = "API Gateway developer guide, 'Quotas for configuring and running an HTTP API'"
_EVENTS = "Amazon EventBridge user guide, 'Amazon EventBridge quotas'"
_IAM = "IAM user guide, 'IAM and AWS STS quotas'"
_LAMBDA = "AWS Lambda developer guide, 'Lambda quotas'"
_WATCH = "Amazon CloudWatch user guide, 'CloudWatch service quotas'"

LIMITS = {
    "resources of a stack": Limit(500, _CLOUDFORMATION),
    "resources of nested stacks in one operation": Limit(2500, _CLOUDFORMATION),
    "stacks of the account": Limit(2000, _CLOUDFORMATION),
    "outputs of a stack": Limit(200, _CLOUDFORMATION),
    "parameters of a stack": Limit(200, _CLOUDFORMATION),
    "mappings of a stack": Limit(200, _CLOUDFORMATION),
    "bytes of a template in S3": Limit(1_000_000, _CLOUDFORMATION),
    "rules of a bus": Limit(300, _EVENTS),
    "targets of a rule": Limit(5, _EVENTS),
    "letters of an event pattern": Limit(2048, _EVENTS),
    "letters of an input template": Limit(8192, "EventBridge API reference, InputTransformer"),
    "schedules": Limit(1_000_000, "EventBridge Scheduler user guide, 'Quotas'"),
    "roles": Limit(1000, _IAM),
    "letters of a role's inline policies": Limit(10_240, _IAM),
    "letters of a managed policy": Limit(6144, _IAM),
    "managed policies of a role": Limit(10, _IAM),
    "letters of a queue's policy": Limit(20_480, "IAM user guide: as resource policies of SQS"),
    "alarms": Limit(5000, _WATCH),
    "dashboards": Limit(5000, _WATCH),
    "widgets of a dashboard": Limit(500, _WATCH),
    "metrics of a dashboard": Limit(2500, _WATCH),
    "bytes of a function's variables": Limit(4096, _LAMBDA),
    "layers of a function": Limit(5, _LAMBDA),
    "unpacked bytes of a function": Limit(250 * 1024 * 1024, _LAMBDA),
    "event sources of a queue": Limit(1, "one reader: none takes another's messages"),
    "user pool clients": Limit(1000, _COGNITO),
    "resource servers": Limit(25, _COGNITO),
    "scopes of a resource server": Limit(100, _COGNITO),
    "scopes of a client": Limit(50, _COGNITO),
    "routes of an API": Limit(300, _GATEWAY),
    "integrations of an API": Limit(300, _GATEWAY),
    "authorizers of an API": Limit(10, _GATEWAY),
    "audiences of an authorizer": Limit(50, _GATEWAY),
    "parameters of Systems Manager": Limit(10_000, "AWS general reference, 'Systems Manager'"),
    "log groups": Limit(1_000_000, "CloudWatch Logs user guide, 'CloudWatch Logs quotas'"),
    "subscription filters of a log group": Limit(2, "CloudWatch Logs quotas"),
    "topics": Limit(100_000, "AWS general reference, 'Amazon SNS endpoints and quotas'"),
    "shards": Limit(200, "Kinesis Data Streams developer guide, 'Quotas and limits'"),
    "tables": Limit(2500, "Amazon DynamoDB developer guide, 'Quotas in Amazon DynamoDB'"),
    "state machines": Limit(100_000, "AWS Step Functions developer guide, 'Service quotas'"),
    "letters of a key's policy": Limit(32_768, "AWS KMS developer guide, 'Resource quotas'"),
}


def _largest(counts: Counter[Any]) -> int:
    return max(counts.values(), default=0)


def _size(value: Any) -> int:
    return len(resolved(value))


def _number(kind: str) -> Callable[[Synthesized], int]:
    return lambda made: sum(resource.kind == kind for resource in made.resources)


def _each(kind: str, measure: Callable[[dict[str, Any]], int]) -> Callable[[Synthesized], int]:
    return lambda made: max((measure(one.properties) for one in made.of(kind)), default=0)


def _by(kind: str, field: str) -> Callable[[Synthesized], int]:
    """Of the resources of a kind, how many name the same other resource at most."""

    def count(made: Synthesized) -> int:
        return _largest(
            Counter((one.stack, str(one.properties.get(field))) for one in made.of(kind))
        )

    return count


def _nested(made: Synthesized) -> int:
    """The largest operation: a stack with those that are nested in it."""
    return max(
        sum(one.stack == of or one.stack.startswith(nested) for one in made.resources)
        for of, nested in (("Problems", "Problem-"), ("Data", "Sources-"))
    )


def _unpacked(made: Synthesized) -> int:
    """What the problems add to the largest function: the layers' own build holds the rest."""
    folder = ROOT / ".ghosteam" / "layers" / "aws"
    sizes = {
        layer.name: sum(file.stat().st_size for file in layer.rglob("*") if file.is_file())
        for layer in folder.iterdir()
        if layer.is_dir()
    }
    repository = sum(
        file.stat().st_size for file in (made.folder.parent / "repo").rglob("*") if file.is_file()
    )
    return max(
        sum(repository if layer == "problems" else sizes[layer] for layer in spec.layers)
        for spec in FUNCTIONS.values()
    )


def _dashboard(measure: Callable[[list[dict[str, Any]]], int]) -> Callable[[Synthesized], int]:
    def count(made: Synthesized) -> int:
        return max(
            measure(json.loads(resolved(board.properties["DashboardBody"]))["widgets"])
            for board in made.of("AWS::CloudWatch::Dashboard")
        )

    return count


MEASURES: dict[str, Callable[[Synthesized], int]] = {
    "resources of a stack": lambda m: max(len(t["Resources"]) for t in m.templates.values()),
    "resources of nested stacks in one operation": _nested,
    "stacks of the account": lambda m: len(m.templates),
    "outputs of a stack": lambda m: max(len(t.get("Outputs", {})) for t in m.templates.values()),
    "parameters of a stack": lambda m: max(
        len(t.get("Parameters", {})) for t in m.templates.values()
    ),
    "mappings of a stack": lambda m: max(len(t.get("Mappings", {})) for t in m.templates.values()),
    "bytes of a template in S3": lambda m: max(len(json.dumps(t)) for t in m.templates.values()),
    "rules of a bus": _number("AWS::Events::Rule"),
    "targets of a rule": _each("AWS::Events::Rule", lambda p: len(p["Targets"])),
    "letters of an event pattern": _each(
        "AWS::Events::Rule", lambda p: _size(p.get("EventPattern", {}))
    ),
    "letters of an input template": _each(
        "AWS::Events::Rule",
        lambda p: max(
            _size(one.get("InputTransformer", {}).get("InputTemplate", "")) for one in p["Targets"]
        ),
    ),
    "schedules": _number("AWS::Scheduler::Schedule"),
    "roles": _number("AWS::IAM::Role"),
    "letters of a role's inline policies": lambda m: max(inline_policies(m).values()),
    "letters of a managed policy": lambda m: max(map(max, managed_policies(m).values())),
    "managed policies of a role": lambda m: max(map(len, managed_policies(m).values())),
    "letters of a queue's policy": _each(
        "AWS::SQS::QueuePolicy", lambda p: _size(p["PolicyDocument"])
    ),
    "alarms": _number("AWS::CloudWatch::Alarm"),
    "dashboards": _number("AWS::CloudWatch::Dashboard"),
    "widgets of a dashboard": _dashboard(len),
    "metrics of a dashboard": _dashboard(
        # A search is one line of the widget and 500 metrics at most.
        lambda widgets: sum(
            500 if "SEARCH" in json.dumps(metric) else 1
            for widget in widgets
            for metric in widget["properties"].get("metrics", [])
        )
    ),
    "bytes of a function's variables": _each(
        "AWS::Lambda::Function",
        lambda p: sum(
            len(name) + _size(value)
            for name, value in p.get("Environment", {}).get("Variables", {}).items()
        ),
    ),
    "layers of a function": _each("AWS::Lambda::Function", lambda p: len(p.get("Layers", []))),
    "unpacked bytes of a function": _unpacked,
    "event sources of a queue": _by("AWS::Lambda::EventSourceMapping", "EventSourceArn"),
    "user pool clients": _number("AWS::Cognito::UserPoolClient"),
    "resource servers": _number("AWS::Cognito::UserPoolResourceServer"),
    "scopes of a resource server": _each(
        "AWS::Cognito::UserPoolResourceServer", lambda p: len(p["Scopes"])
    ),
    "scopes of a client": _each(
        "AWS::Cognito::UserPoolClient", lambda p: len(p["AllowedOAuthScopes"])
    ),
    "routes of an API": _number("AWS::ApiGatewayV2::Route"),
    "integrations of an API": _number("AWS::ApiGatewayV2::Integration"),
    "authorizers of an API": _number("AWS::ApiGatewayV2::Authorizer"),
    "audiences of an authorizer": _each(
        "AWS::ApiGatewayV2::Authorizer",
        lambda p: len(p.get("JwtConfiguration", {}).get("Audience", [])),
    ),
    "parameters of Systems Manager": _number("AWS::SSM::Parameter"),
    "log groups": _number("AWS::Logs::LogGroup"),
    "subscription filters of a log group": _by("AWS::Logs::SubscriptionFilter", "LogGroupName"),
    "topics": _number("AWS::SNS::Topic"),
    "shards": lambda m: sum(one.properties["ShardCount"] for one in m.of("AWS::Kinesis::Stream")),
    "tables": _number("AWS::DynamoDB::GlobalTable"),
    "state machines": _number("AWS::StepFunctions::StateMachine"),
    "letters of a key's policy": _each("AWS::KMS::Key", lambda p: _size(p["KeyPolicy"])),
}


def made_of(folder: Path, *, problems: int, features: Features) -> Synthesized:
    write_problems(folder / "repo", problems=problems, features=features)
    out = folder / "out"
    out.mkdir()
    return synthesize(ENVIRONMENTS["dev"], out, feature_repo=folder / "repo")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    build_layers(ROOT, "aws")
    return made_of(
        tmp_path_factory.mktemp("few"), problems=2, features=Features(2, suite=True, sources=True)
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    build_layers(ROOT, "aws")
    return made_of(tmp_path_factory.mktemp("many"), problems=MOST, features=MIXED)


def test_each_limit_is_measured() -> None:
    assert MEASURES.keys() == LIMITS.keys()


@pytest.mark.parametrize("what", LIMITS)
def test_200_problems_are_within_each_limit(many: Synthesized, what: str) -> None:
    assert MEASURES[what](many) <= LIMITS[what].most, LIMITS[what].source


def test_the_problems_are_there(many: Synthesized) -> None:
    assert MEASURES["user pool clients"](many) == 2 * MOST + 1
    assert MEASURES["resources of a stack"](many) > MOST
    (server, *_) = many.of("AWS::Cognito::UserPoolResourceServer")
    assert server.properties["Scopes"]
    suites = [name for name in many.machines() if name.endswith("-expectations")]
    assert len(suites) == 1, "one workflow runs the suites of all"
    check_problems("dev", feature_repo=many.folder.parent / "repo")


def test_the_shared_stacks_know_neither_how_many_problems_there_are_nor_which_have_labels(
    few: Synthesized, many: Synthesized
) -> None:
    """What they ship does: the layer of the problems, and the folder for jobs. And whose sources
    there are stands in the stack of the data.
    """
    of_sources = ("Sources", "PullSourceFunctionRole", "ReceiveStreamFunctionRole")

    def shape(made: Synthesized, stack: str) -> dict[str, Any]:
        return {
            id: body.get("Properties")
            for id, body in made.templates[stack]["Resources"].items()
            if body["Type"] != "AWS::Lambda::LayerVersion" and not id.startswith(of_sources)
        }

    for stack in (name for name in few.templates if not name.startswith(("Problem", "Sources-"))):
        assert shape(few, stack) == shape(many, stack), stack


def test_a_problem_is_in_no_template_but_its_own_and_that_of_all(many: Synthesized) -> None:
    names = set(map(name_of, range(MOST)))
    for stack, template in many.templates.items():
        named = set(re.findall(r"problem_\d{3}", json.dumps(template)))
        kind, _, problem = stack.partition("-")
        if kind in ("Problem", "Sources"):
            assert named == {problem}
        else:
            assert named == (names if stack in ("Problems", "Data") else set()), stack
