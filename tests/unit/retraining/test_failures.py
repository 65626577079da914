"""Which failures may pass, and what of them is told."""

from __future__ import annotations

import json

import pytest

from ghosteam.retraining.failures import may_pass, reason_of

CAPACITY = json.dumps(
    {
        "TrainingJobName": "t",
        "FailureReason": "CapacityError: Unable to provision requested ML compute capacity.",
    }
)
BROKEN = json.dumps(
    {"TrainingJobName": "t", "FailureReason": "AlgorithmError: CapacityError? no, exit code 1"}
)
THROTTLED = (
    "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Error Code: ThrottlingException)"
)
INVALID = (
    "1 validation error (Service: AmazonSageMaker; Status Code: 400; Error Code: "
    "ValidationException)"
)


@pytest.mark.parametrize(
    ("error", "cause", "passes"),
    [
        ("States.TaskFailed", CAPACITY, True),
        ("States.TaskFailed", BROKEN, False),
        ("SageMaker.ResourceLimitExceededException", "limit", True),
        ("SageMaker.AmazonSageMakerException", THROTTLED, True),
        ("SageMaker.AmazonSageMakerException", INVALID, False),
        ("Transient", '{"errorMessage": "MLflow is away"}', True),
        ("InvalidInput", '{"errorMessage": "no data"}', False),
        ("Defect", "ThrottlingException stands in my text", False),
        (None, None, False),
        ("States.Timeout", None, False),
    ],
)
def test_what_is_tried_again(error, cause, passes):
    assert may_pass(error, cause) is passes


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (CAPACITY, "t: CapacityError: Unable to provision requested ML compute capacity."),
        ('{"errorType": "Defect", "errorMessage": "No family", "trace": ["long"]}', "No family"),
        ('{"TrainingJobName": "t", "TrainingJobStatus": "Stopped"}', "t: it ended as Stopped"),
        ("plain words", "plain words"),
        ("[1]", "[1]"),
    ],
)
def test_of_a_cause_the_last_words_are_told(cause, told):
    assert reason_of("Error", cause) == f"Error: {told}"


def test_a_missing_cause_leaves_the_error():
    assert reason_of("States.Timeout", None) == "States.Timeout"
