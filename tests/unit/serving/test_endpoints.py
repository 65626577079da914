"""Asking endpoints for scores, and sweeping up what workflows made."""

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
        (b'{"scores": ["x"], "version": "1"}', Defect),
        (b'{"scores": [0.1, 0.2], "version": "1"}', Defect),
    ],
)
def test_each_failure_says_who_must_act_and_names_the_endpoint(answer: Any, family: type[GhosteamError]) -> None:
    with pytest.raises(family) as caught:
        ScoringEndpoints(Runtime(answer)).score("slot-1", [{"distance": 1.0}])
    assert caught.value.where == {"endpoint": "slot-1"}


def test_scores_come_in_the_rows_order_with_the_containers_version() -> None:
    answer = json.dumps({"scores": [0.1, 0.2], "version": "7"}).encode()
    scores = ScoringEndpoints(Runtime(answer)).score("slot-1", [{}, {}])
    assert (scores.scores, scores.version) == ((0.1, 0.2), "7")


def test_a_sweep_takes_down_this_deployments_endpoints_only(account: None) -> None:
    sagemaker = boto3.client("sagemaker")
    for name in ("gt-local-flights-v1", "gt-prod-flights-v1"):
        role = "arn:aws:iam::123456789012:role/serve"
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "image:1"})
        variant: Any = {"VariantName": "main", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    admin = EndpointAdmin(sagemaker, boto3.client("application-autoscaling"))
    assert admin.sweep("gt-local-") == ["gt-local-flights-v1"]
    assert [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]] == ["gt-prod-flights-v1"]
    assert [each["ModelName"] for each in sagemaker.list_models()["Models"]] == ["gt-prod-flights-v1"]
