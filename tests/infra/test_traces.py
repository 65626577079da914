"""Traces are sent where the settings say so, and nobody may send any elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.settings import ENVIRONMENTS
from tests.infra.templates import Synthesized, as_list, synthesize

FUNCTION, MACHINE = "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    settings = replace(ENVIRONMENTS["local"], traces=True)
    return synthesize(settings, tmp_path_factory.mktemp("traced"))


def senders(environment: Synthesized, kind: str) -> Iterator[tuple[object, set[str]]]:
    """What each resource of a kind says of traces, and which actions of X-Ray its role is given."""
    said = {FUNCTION: "TracingConfig", MACHINE: "TracingConfiguration"}[kind]
    role = {FUNCTION: "Role", MACHINE: "RoleArn"}[kind]
    for resource in environment.of(kind):
        grants = environment.grants_of(resource.stack, resource.properties[role])
        given = {action for one in grants for action in as_list(one["Action"])}
        actions = {action for action in given if action.startswith("xray:")}
        yield resource.properties.get(said), actions


def test_by_default_none_are_sent_and_none_may_be(environment: Synthesized) -> None:
    assert not environment.settings.traces
    assert all(found == (None, set()) for found in senders(environment, FUNCTION))
    assert all(found == ({"Enabled": False}, set()) for found in senders(environment, MACHINE))


def test_by_setting_functions_and_workflows_send_them_and_may_do_no_more(
    traced: Synthesized,
) -> None:
    send = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    functions = list(senders(traced, FUNCTION))
    assert functions and all(found == ({"Mode": "Active"}, send) for found in functions)
    # What a state machine samples by is asked for.
    sample = {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
    machines = list(senders(traced, MACHINE))
    assert machines and all(found == ({"Enabled": True}, send | sample) for found in machines)
