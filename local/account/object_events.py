"""EventBridge events of versioned buckets name the object's version, as S3's do.

Source: "EventBridge event message structure", Amazon S3 user guide: ``object.version-id``.
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local.account import seams

_version: ContextVar[str | None] = ContextVar(
    "version of the object that an event is about", default=None
)


def install() -> None:
    """Carry the version from where S3 makes its events to where they go onto the bus."""
    from ministack.services import eventbridge, s3

    seams.replace(s3, "_fire_s3_event", _remembering)
    seams.replace(eventbridge, "_dispatch_event", _naming)


def _remembering(original: Callable[..., None]) -> Callable[..., None]:
    def fire(*arguments: Any, version_id: str | None = None, **more: Any) -> None:
        token = _version.set(version_id)
        try:
            original(*arguments, version_id=version_id, **more)
        finally:
            _version.reset(token)

    return fire


def _naming(original: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(event: dict[str, Any], *arguments: Any, **more: Any) -> Any:
        version = _version.get()
        if version and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        return original(event, *arguments, **more)

    return dispatch
