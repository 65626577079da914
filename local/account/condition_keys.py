"""Condition keys of requests that ministack does not know: which partitions a call to DynamoDB
touches, which events are put, into which namespace metrics.

`dynamodb:LeadingKeys` has the partition key of every item that a request names; a scan names none.
Of `events:source` and `events:detail-type` AWS looks at each event of a request; here a request
whose events differ has no value that a plain condition would match, so that it is refused. Sources:
Amazon DynamoDB developer guide, "Using IAM policy conditions"; EventBridge user guide, "Using IAM
policy conditions".
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from local.account import seams

_EQUALS = re.compile(r"\(?\s*([#\w.-]+)\s*=\s*(:[\w.-]+)\s*\)?")
_REQUESTS = ("PutRequest", "DeleteRequest")


def install() -> None:
    """Put the keys beside those that ministack finds in a request."""
    from ministack.core import iam_actions

    seams.replace(iam_actions, "dynamodb_service_context", _with_leading_keys)
    seams.replace(iam_actions, "request_tag_context", _with_events_and_metrics)


def _with_leading_keys(
    original: Callable[[bytes], dict[str, Any]],
) -> Callable[[bytes], dict[str, Any]]:
    def service_context(body: bytes) -> dict[str, Any]:
        found = original(body)
        keys = sorted(set(leading_keys(_document(body), _partition_key)))
        return {**found, "dynamodb:LeadingKeys": keys} if keys else found

    return service_context


def _with_events_and_metrics(
    original: Callable[..., dict[str, Any]],
) -> Callable[..., dict[str, Any]]:
    def context(
        service: str, action: str, body: bytes, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        found = original(service, action, body, parameters)
        if action == "cloudwatch:PutMetricData":
            return {**found, "cloudwatch:namespace": str(_document(body).get("Namespace", ""))}
        if action != "events:PutEvents":
            return found
        entries = [
            entry for entry in _document(body).get("Entries") or [] if isinstance(entry, dict)
        ]
        for key, field in (("events:source", "Source"), ("events:detail-type", "DetailType")):
            values = sorted({str(entry.get(field, "")) for entry in entries})
            found = {**found, key: values[0] if len(values) == 1 else values}
        return found

    return context


def leading_keys(
    request: dict[str, Any], partition_key: Callable[[str], str | None]
) -> Iterator[str]:
    """The partition keys that a request to DynamoDB names; `partition_key` tells a table's
    attribute.
    """
    attribute = partition_key(str(request.get("TableName", "")))
    if attribute:
        yield from _of_items(attribute, request.get("Key"), request.get("Item"))
        yield from _of_query(attribute, request)
    items = request.get("RequestItems")
    for table, asked in items.items() if isinstance(items, dict) else ():
        if attribute := partition_key(table):
            gets = asked.get("Keys", []) if isinstance(asked, dict) else []
            writes = (
                [one[kind] for one in asked for kind in _REQUESTS if kind in one]
                if isinstance(asked, list)
                else []
            )
            yield from _of_items(
                attribute, *gets, *(write.get("Item", write.get("Key")) for write in writes)
            )
    for one in request.get("TransactItems") or []:
        for action in one.values():
            yield from leading_keys(action, partition_key)


def _of_items(attribute: str, *items: Any) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and isinstance(item.get(attribute), dict):
            yield from map(str, item[attribute].values())


def _of_query(attribute: str, request: dict[str, Any]) -> Iterator[str]:
    names, values = (
        request.get("ExpressionAttributeNames") or {},
        request.get("ExpressionAttributeValues") or {},
    )
    for name, value in _EQUALS.findall(str(request.get("KeyConditionExpression", ""))):
        if names.get(name, name) == attribute and value in values:
            yield from map(str, values[value].values())
    condition = (request.get("KeyConditions") or {}).get(attribute) or {}
    yield from (
        str(text) for value in condition.get("AttributeValueList", []) for text in value.values()
    )


def _partition_key(table: str) -> str | None:
    from ministack.services import dynamodb

    found = seams.require(dynamodb, "_tables").get(table.rsplit("/", 1)[-1])
    return str(found["pk_name"]) if found else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
