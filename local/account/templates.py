"""CloudFormation types over services that ministack has but cannot provision.

A template with a type that it does not know is refused whole, so an audit trail would keep a stack
from deploying.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.account import seams

Operation = Callable[[dict[str, Any]], tuple[int, Any, bytes]]


@dataclass(frozen=True)
class ResourceType:
    """How a type is created and deleted: service operations, and how its properties become a
    request.
    """

    name_property: str
    create: Operation
    delete: Operation
    request: Callable[[dict[str, Any]], dict[str, Any]]
    attributes: Callable[[str, dict[str, Any]], dict[str, str]]


def install() -> None:
    """Register AWS::CloudTrail::Trail, AWS::Events::Archive and AWS::CloudWatch::CompositeAlarm."""
    from ministack.services.cloudformation import provisioners

    handlers = seams.require(provisioners, "_RESOURCE_HANDLERS")
    for kind, resource in {
        "AWS::CloudTrail::Trail": _trail(),
        "AWS::Events::Archive": _archive(),
        "AWS::CloudWatch::CompositeAlarm": _composite_alarm(),
    }.items():
        if kind not in handlers:
            handlers[kind] = _handler(kind, resource)


def _handler(kind: str, resource: ResourceType) -> dict[str, Callable[..., Any]]:
    from ministack.services.cloudformation import provisioners

    physical_name = seams.require(provisioners, "_physical_name")

    def create(
        logical_id: str, properties: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, str]]:
        name = properties.get(resource.name_property) or physical_name(
            stack_name, logical_id, max_len=48
        )
        answer = _call(
            kind, resource.create, {**resource.request(properties), resource.name_property: name}
        )
        return name, resource.attributes(name, answer)

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        _call(kind, resource.delete, {resource.name_property: physical_id})

    def update(
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
    ) -> tuple[str, dict[str, str]]:
        # AWS updates these in place; nothing refers to what a new start loses (an archive's
        # events).
        delete(physical_id, old)
        return create(
            logical_id or physical_id, {**new, resource.name_property: physical_id}, stack_name
        )

    return {"create": create, "update": update, "delete": delete}


def _call(kind: str, operation: Operation, request: dict[str, Any]) -> dict[str, Any]:
    status, _, body = operation(request)
    if status >= 400:
        raise ValueError(f"{kind}: {body.decode(errors='replace')}")
    answer: dict[str, Any] = json.loads(body) if body else {}
    return answer


def _trail() -> ResourceType:
    from ministack.services import cloudtrail

    create, start = (
        seams.require(cloudtrail, "_create_trail"),
        seams.require(cloudtrail, "_start_logging"),
    )

    def request(properties: dict[str, Any]) -> dict[str, Any]:
        renamed = {**properties, "KmsKeyId": properties.get("KMSKeyId", "")}
        for flag in ("IsMultiRegionTrail", "EnableLogFileValidation", "IncludeGlobalServiceEvents"):
            if flag in renamed:
                renamed[flag] = str(renamed[flag]).lower() == "true"
        return renamed

    def create_and_start(data: dict[str, Any]) -> tuple[int, Any, bytes]:
        answer: tuple[int, Any, bytes] = create(data)
        if answer[0] < 400 and str(data.get("IsLogging")).lower() == "true":
            start({"Name": data["TrailName"]})
        return answer

    return ResourceType(
        name_property="TrailName",
        create=lambda data: create_and_start({**data, "Name": data["TrailName"]}),
        delete=lambda data: seams.require(cloudtrail, "_delete_trail")({"Name": data["TrailName"]}),
        request=request,
        attributes=lambda name, answer: {"Arn": answer["TrailARN"]},
    )


def _archive() -> ResourceType:
    from ministack.services import eventbridge

    def request(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            **properties,
            "EventSourceArn": properties.get("SourceArn", ""),
            "EventPattern": json.dumps(properties["EventPattern"])
            if properties.get("EventPattern")
            else "",
            "RetentionDays": int(properties.get("RetentionDays") or 0),
        }

    return ResourceType(
        name_property="ArchiveName",
        create=seams.require(eventbridge, "_create_archive"),
        delete=seams.require(eventbridge, "_delete_archive"),
        request=request,
        attributes=lambda name, answer: {"Arn": answer["ArchiveArn"], "ArchiveName": name},
    )


def _composite_alarm() -> ResourceType:
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import cloudwatch

    put, remove = (
        seams.require(cloudwatch, "_put_composite_alarm"),
        seams.require(cloudwatch, "_delete_alarms"),
    )
    return ResourceType(
        name_property="AlarmName",
        create=lambda data: put({}, data, False, True),
        delete=lambda data: remove({}, {"AlarmNames": [data["AlarmName"]]}, False, True),
        request=lambda properties: {
            **properties,
            "ActionsEnabled": str(properties.get("ActionsEnabled", True)).lower() == "true",
        },
        attributes=lambda name, answer: {
            "Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"
        },
    )
