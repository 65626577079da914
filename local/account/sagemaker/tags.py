"""Tags: SageMaker's own operations, the Resource Groups Tagging API and `aws:ResourceTag`
conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.services import tagging

from local.account import seams
from local.account.sagemaker import store

Params = dict[str, Any]


def install() -> None:
    """Let the tagging API's GetResources and IAM conditions see SageMaker's resources."""
    seams.require(tagging, "_COLLECTORS")["sagemaker"] = _tagged
    seams.require(tagging, "_RESOURCE_TAG_COLLECTORS")["sagemaker"] = _tagged


def add(params: Params) -> Params:
    """AddTags: a key that is there already gets the new value."""
    record = store.by_arn(params["ResourceArn"])
    tags = {tag["Key"]: tag["Value"] for tag in [*record.get("Tags", []), *params["Tags"]]}
    record["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"Tags": record["Tags"]}


def of(params: Params) -> Params:
    """ListTags."""
    return {"Tags": store.by_arn(params["ResourceArn"]).get("Tags", [])}


def remove(params: Params) -> Params:
    """DeleteTags: keys that are not there are no error."""
    record = store.by_arn(params["ResourceArn"])
    record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in params["TagKeys"]]
    return {}


def _tagged() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for kind in store.ARN_PART:
        for record in store.all_of(kind):
            yield record[f"{kind}Arn"], record.get("Tags", [])
