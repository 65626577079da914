"""Asking endpoints for predictions, and sweeping up what workflows made."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ghosteam.aws.endpoints import EndpointAdmin, ScoringEndpoints
from ghosteam.errors import Defect, GhosteamError, Transient


class Runtime:
    """Answers each call with one document or error."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def invoke_endpoint(self, **_: Any) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"Body": io.BytesIO(self._answer)}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "InvokeEndpoint")


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (refusal("ModelError"), Transient),
        (refusal("ValidationError"), Transient),
        (refusal("AccessDeniedException"), Defect),
        (EndpointConnectionError(endpoint_url="https://runtime"), Transient),
        (b"no JSON", Defect),
        (b'{"version": "1"}', Defect),
        (b'{"outputs": ["late"], "rows": [["x"]], "version": "1"}', Defect),
        (b'{"outputs": ["late"], "rows": [[0.1], [0.2]], "version": "1"}', Defect),
    ],
)
def test_each_failure_says_who_must_act_and_names_the_endpoint(
    answer: Any, family: type[GhosteamError]
) -> None:
    with pytest.raises(family) as caught:
        ScoringEndpoints(Runtime(answer)).score("slot-1", [{"distance": 1.0}])
    assert caught.value.where == {"endpoint": "slot-1"}


def test_containers_of_the_first_releases_answer_with_a_score() -> None:
    answer = b'{"scores": [0.1, 0.2], "version": "7"}'
    found = ScoringEndpoints(Runtime(answer)).score("slot-1", [{}, {}])
    assert found.rows == ({"score": 0.1}, {"score": 0.2})
    assert found.version == "7"


def test_scores_come_in_the_rows_order_with_the_containers_version() -> None:
    answer = json.dumps(
        {"outputs": ["value", "lower"], "rows": [[0.1, 0.0], [0.2, 0.1]], "version": "7"}
    ).encode()
    found = ScoringEndpoints(Runtime(answer)).score("slot-1", [{}, {}])
    assert found.rows == ({"value": 0.1, "lower": 0.0}, {"value": 0.2, "lower": 0.1})
    assert found.version == "7"


def test_a_sweep_takes_down_what_this_environments_workflows_made_and_nothing_else(
    account: None,
) -> None:
    sagemaker = boto3.client("sagemaker")
    for name, environment in (
        ("gt-dev-flights-v1", "dev"),
        ("gt-dev-eu-flights-v1", "dev-eu"),
        ("gt-dev-mine", None),
    ):
        tags = [{"Key": "ghosteam:environment", "Value": environment}] if environment else []
        role = "arn:aws:iam::123456789012:role/serve"
        sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "image:1"}, Tags=tags
        )
        variant: Any = {
            "VariantName": "main",
            "ModelName": name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], Tags=tags
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
    admin = EndpointAdmin(sagemaker, boto3.client("application-autoscaling"), environment="dev")
    assert admin.sweep("gt-dev-") == ["gt-dev-flights-v1"]
    left = {"gt-dev-eu-flights-v1", "gt-dev-mine"}
    assert {each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]} == left
    assert {each["ModelName"] for each in sagemaker.list_models()["Models"]} == left
