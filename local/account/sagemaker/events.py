"""State-change events on the default bus, with the detail that SageMaker documents for each
kind.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eventbridge

from local.account.sagemaker.store import Record
from local.account.sagemaker.validation import only_members, operation_model

_DETAIL_TYPE = {
    "TrainingJob": "SageMaker Training Job State Change",
    "ProcessingJob": "SageMaker Processing Job State Change",
    "TransformJob": "SageMaker Transform Job State Change",
    "Endpoint": "SageMaker Endpoint State Change",
}
# Endpoint events spell the status in capitals, unlike DescribeEndpoint.
_ENDPOINT_STATUS = {
    "Creating": "CREATING",
    "Updating": "UPDATING",
    "InService": "IN_SERVICE",
    "RollingBack": "ROLLING_BACK",
    "Deleting": "DELETING",
    "Failed": "FAILED",
}


def detail(kind: str, record: Record) -> dict[str, Any]:
    """The record as an event or a `.sync` task carries it: Describe's members, times in epoch
    milliseconds.
    """
    described = only_members(record, operation_model(f"Describe{kind}").output_shape)
    described["Tags"] = {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}
    return {key: _milliseconds(key, value) for key, value in described.items()}


def publish(kind: str, record: Record) -> None:
    """Put the state-change event of a job or an endpoint."""
    body = detail(kind, record)
    if kind == "Endpoint":
        body["EndpointStatus"] = _ENDPOINT_STATUS[record["EndpointStatus"]]
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": _DETAIL_TYPE[kind],
        "Detail": json.dumps(body),
        "Resources": [record[f"{kind}Arn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _milliseconds(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _milliseconds(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_milliseconds(key, item) for item in value]
    is_time = key.endswith("Time") or key == "Timestamp"
    return int(value * 1000) if is_time and isinstance(value, float) else value
