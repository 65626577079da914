"""CloudFormation's protocol for a custom resource: do the work, then tell CloudFormation at the
address it gave.

Source: AWS CloudFormation User Guide, "Custom resource request and response objects".
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from ghosteam.errors import GhosteamError
from ghosteam.runtime.observability import logger

_TEXT_LIMIT = 1000


class ResourceRequest(TypedDict):
    """What of CloudFormation's request is read here."""

    RequestType: str
    ResponseURL: str
    StackId: str
    RequestId: str
    LogicalResourceId: str
    ResourceProperties: Mapping[str, str]


def custom_resource_handler(
    handle: Callable[[str, Mapping[str, str]], dict[str, str]], *, physical_id: str
) -> Callable[[ResourceRequest, Any], None]:
    """A Lambda handler; ``handle`` gets ``Create``, ``Update`` or ``Delete``, and the resource's
    properties, and returns its attributes.

    Without an answer CloudFormation waits an hour, so an error of any kind is answered too, and
    logged.
    """

    def handler(event: ResourceRequest, context: Any) -> None:
        status, reason, data = "SUCCESS", "", {}
        try:
            data = handle(event["RequestType"], event["ResourceProperties"])
        except GhosteamError as error:
            logger.error("custom resource failed", extra={"fault": error.as_record()})
            status, reason = "FAILED", str(error)
        except Exception as error:
            logger.exception("custom resource failed")
            status, reason = "FAILED", repr(error)
        answer = {
            "Status": status,
            "Reason": reason[:_TEXT_LIMIT],
            "PhysicalResourceId": physical_id,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": data,
        }
        body = json.dumps(answer).encode()
        # The address is presigned without a content type; urllib would add one.
        request = urllib.request.Request(
            event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
        )
        with urllib.request.urlopen(request, timeout=30):
            pass

    return handler
