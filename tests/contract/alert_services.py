"""The services that are told of alerts, as their documentation has them: each takes what it says
that it takes, and nothing else.

Sources: PagerDuty developer documentation, "Send an Alert Event", "Send a Change Event" and
"Events API v2 Overview"; Slack, "Sending messages using incoming webhooks" and the Block Kit
reference; Standard Webhooks 1.0.0.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import jsonschema

ROUTING_KEY, SIGNING_KEY = "R0" * 16, "whsec_" + b64encode(b"s" * 32).decode()
_TEXT = {"type": "string", "minLength": 1}
EVENT = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"const": ROUTING_KEY},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {**_TEXT, "maxLength": 255},
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "additionalProperties": False,
            "properties": {
                "summary": {**_TEXT, "maxLength": 1024},
                "source": _TEXT,
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "component": _TEXT,
                "group": _TEXT,
                "class": _TEXT,
                "custom_details": {"type": "object"},
            },
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
}
CHANGE = {
    "type": "object",
    "required": ["routing_key", "payload"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"const": ROUTING_KEY},
        "payload": {
            "type": "object",
            "required": ["summary"],
            "additionalProperties": False,
            "properties": {
                "summary": {**_TEXT, "maxLength": 1024},
                "source": _TEXT,
                "timestamp": {"type": "string", "format": "date-time"},
                "custom_details": {"type": "object"},
            },
        },
    },
}
_PLAIN = {"type": {"const": "plain_text"}, "text": {**_TEXT, "maxLength": 150}}
_MARKED = {"type": {"const": "mrkdwn"}, "text": {**_TEXT, "maxLength": 3000}}


def _block(kind: str, **parts: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", *parts],
        "additionalProperties": False,
        "properties": {"type": {"const": kind}, **parts},
    }


MESSAGE = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {**_TEXT, "maxLength": 40_000},
        "blocks": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "oneOf": [
                    _block(
                        "header",
                        text={"properties": {**_PLAIN, "emoji": {"type": "boolean"}}},
                    ),
                    _block("section", text={"properties": _MARKED}),
                    _block(
                        "context",
                        elements={
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 10,
                            "items": {"properties": _MARKED},
                        },
                    ),
                ]
            },
        },
    },
}


def plays_pagerduty(path: str, _: Mapping[str, str], body: bytes) -> tuple[int, str]:
    schema = CHANGE if path.endswith("/change/enqueue") else EVENT
    try:
        jsonschema.validate(json.loads(body), schema, format_checker=jsonschema.FormatChecker())
    except (ValueError, jsonschema.ValidationError) as error:
        return 400, json.dumps({"status": "invalid event", "errors": [str(error)[:300]]})
    return 202, json.dumps({"status": "success", "message": "Event processed"})


def plays_slack(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    if path != "/services/T0/B0/token":
        return 404, "no_service"
    if headers.get("Content-Type") != "application/json":
        return 400, "invalid_payload"
    try:
        jsonschema.validate(json.loads(body), MESSAGE)
    except (ValueError, jsonschema.ValidationError) as error:
        return 400, f"invalid_payload {str(error)[:300]}"
    return 200, "ok"


def plays_webhook(_: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signed = f"{id}.{moment}.".encode() + body
    key = b64decode(SIGNING_KEY.removeprefix("whsec_"))
    expected = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
    if "." in id or not moment.isdecimal():
        return 400, "no metadata"
    if not hmac.compare_digest(expected, headers.get("webhook-signature", "")):
        return 401, "the signature is another's"
    return 204, ""


PLAYS = {"v2": plays_pagerduty, "services": plays_slack, "alerts": plays_webhook}
