"""What AWS refuses of a state machine is refused, and what it takes is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.account.states_language import MOST_BYTES, problems, refusal

TASK: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def machine(start: str = "A", **states: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


def with_parameter(value: str) -> dict[str, Any]:
    return machine(A={**TASK, "Parameters": {"field.$": value}})


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a literal marked as dynamic": (
        machine(A={**TASK, "Parameters": {"S3Uri.$": "s3://bucket/x.zip"}}),
        "S3Uri",
    ),
    "deep inside": (
        machine(A={**TASK, "Parameters": {"Inputs": [{"S3Input": {"S3Uri.$": "s3://b"}}]}}),
        "S3Uri",
    ),
    "no such function": (with_parameter("States.Formt('a')"), "not a JSONPath or intrinsic"),
    "too few arguments": (with_parameter("States.MathAdd($.x)"), "has 1 arguments"),
    "too many arguments": (with_parameter("States.UUID($.x)"), "has 1 arguments"),
    "quotes that do not end": (with_parameter("States.Format('a)"), "quotes"),
    "places without values": (
        with_parameter("States.Format('{}-{}', $.a)"),
        "has 2 places for 1 values",
    ),
    "text after the end": (with_parameter("States.UUID() and more"), "intrinsic"),
    "a comma is missing": (with_parameter("States.MathAdd($.a 1)"), "comma"),
    "a nested call is wrong": (
        with_parameter("States.Format('{}', States.Hash($.a))"),
        "States.Hash has 1",
    ),
    "a path that does not parse": (with_parameter("$.a["), "should be a JSONPath"),
    "an input path that is none": (machine(A={**TASK, "InputPath": "$.a["}), "InputPath"),
    "a variable that is none": (
        machine(
            A={"Type": "Choice", "Choices": [{"Variable": "$.a[", "IsNull": True, "Next": "B"}]},
            B=TASK,
        ),
        "Variable",
    ),
    "an unknown field": (machine(A={**TASK, "Parametres": {}}), "Parametres"),
    "an unreachable state": (machine(A=TASK, B=TASK), "No transition found to state"),
    "neither Next nor End": (machine(A={"Type": "Pass"}), "Next"),
    "Next and End": (machine(A={**TASK, "Next": "B"}, B=TASK), "forbidden field"),
    "Next to nowhere": (machine(A={"Type": "Pass", "Next": "Z"}), "No state found named"),
    "Retry without errors": (machine(A={**TASK, "Retry": [{"MaxAttempts": 1}]}), "ErrorEquals"),
    "Catch without errors": (machine(A={**TASK, "Catch": [{"Next": "B"}]}, B=TASK), "ErrorEquals"),
    "everything not alone": (
        machine(A={**TASK, "Retry": [{"ErrorEquals": ["States.ALL", "X"]}]}),
        "stand alone",
    ),
    "everything not last": (
        machine(A={**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]}),
        "last element",
    ),
    "no StartAt": ({"States": {"A": TASK}}, "StartAt"),
    "no Choices": (machine(A={"Type": "Choice", "Default": "B"}, B=TASK), "Choices"),
    "one name twice": (
        machine(A={"Type": "Map", "ItemProcessor": machine(A=TASK), "End": True}),
        "also defined at",
    ),
    "a task that calls nothing": (machine(A={"Type": "Task", "End": True}), "Resource"),
    "an unknown type": (machine(A={"Type": "Tsk", "End": True}), "Type"),
    "wrong inside of a map": (
        machine(
            A={
                "Type": "Map",
                "ItemProcessor": machine("B", B={**TASK, "InputPath": "x"}),
                "End": True,
            }
        ),
        "ItemProcessor.States.B.InputPath",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_definition_that_aws_refuses_is_refused_with_the_place(name: str) -> None:
    definition, told = BROKEN[name]
    found = refusal(json.dumps(definition))
    assert found is not None and found.startswith(
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "
    )
    assert told in found


@pytest.mark.parametrize(
    "value",
    [
        "$",
        "$$.Execution.Id",
        "$.a.b_c[0]['name'][*]",
        "$..deep",
        "States.Format('s3://bucket/{}/{}', $.problem, $$.State.RetryCount)",
        "States.Format('it\\'s {}', States.Array($.a, 1.5, null, true))",
        "States.UUID()",
        "States.ArrayGetItem(States.StringSplit($.a, '/'), 0)",
        "States.MathAdd($.tries.count, 1)",
    ],
)
def test_a_path_or_an_intrinsic_function_is_taken(value: str) -> None:
    assert problems(with_parameter(value)) == []


def test_a_whole_number_as_backoff_rate_is_taken_as_aws_takes_it() -> None:
    assert (
        problems(
            machine(
                A={
                    **TASK,
                    "Retry": [{"ErrorEquals": ["X"], "BackoffRate": 2, "MaxDelaySeconds": 9}],
                }
            )
        )
        == []
    )


def test_a_definition_that_is_too_large_or_no_json_is_refused() -> None:
    large = machine(A={**TASK, "Comment": "x" * MOST_BYTES})
    assert "more than 1048576 bytes" in str(refusal(json.dumps(large)))
    assert "INVALID_JSON_DESCRIPTION" in str(refusal("{"))
