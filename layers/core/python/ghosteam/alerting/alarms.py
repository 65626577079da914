"""An alarm as CloudWatch tells it to an SNS topic, as an alert.

Source: CloudWatch user guide, "Using Amazon CloudWatch alarms", the notification's JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NotRequired, TypedDict, TypeGuard

from ghosteam.alerting.sections import OTHER, RUNBOOK, SECTIONS, section_of
from ghosteam.channels.alert import Alert

DRIFT, OUTCOMES, PERFORMANCE = "drift", "outcome-drift", "performance"


class AlarmTrigger(TypedDict, total=False):
    """What an alarm watches."""

    MetricName: str | None
    Threshold: float | None
    ComparisonOperator: str
    Dimensions: list[dict[str, str]] | None


class Alarm(TypedDict):
    """A change of an alarm's state."""

    AlarmName: str
    NewStateValue: str
    StateChangeTime: str
    AlarmDescription: NotRequired[str | None]
    NewStateReason: NotRequired[str]
    Trigger: NotRequired[AlarmTrigger | None]


def is_alarm(document: Mapping[str, object]) -> TypeGuard[Alarm]:
    """Whether this is what CloudWatch tells of an alarm."""
    return "AlarmName" in document and "NewStateValue" in document


def section_named(document: Alarm) -> str | None:
    """The section of the runbook that the alarm's description names."""
    return section_of(str(document.get("AlarmDescription") or ""))[1]


def alert_of_alarm(document: Alarm, environment: str) -> Alert | None:
    """The alert; None for a state that nobody asked about.

    An alarm that has no data any more has not ended: nothing is known.
    """
    state = {"ALARM": "raised", "OK": "cleared"}.get(document["NewStateValue"])
    if state is None:
        return None
    name, at = str(document["AlarmName"]), _moment(document["StateChangeTime"])
    said, section = section_of(str(document.get("AlarmDescription") or ""))
    known = SECTIONS.get(section or "", OTHER)
    dimensions = _dimensions(document)
    problem = dimensions.get("Problem")
    what = (said or name).rstrip(".").removeprefix(f"{problem}: ")
    return Alert(
        condition=f"alarm {name}",
        state="raised" if state == "raised" else "cleared",
        severity=known.severity,
        problem=problem,
        what=what,
        details=(_measured(document, dimensions),),
        did=known.did,
        look=_look(name, section, problem, environment),
        since=at,
        until=None if state == "raised" else at,
        at=at,
    )


def _look(name: str, section: str | None, problem: str | None, environment: str) -> tuple[str, ...]:
    page = (f"{RUNBOOK}#{section}",) if section else ()
    if problem is None:
        return (f"./ghosteam status --environment {environment}", *page)
    return (f"./ghosteam why {problem} alarm {name} --environment {environment}", *page)


def _measured(document: Alarm, dimensions: Mapping[str, str]) -> str:
    """What the alarm watches, in words: CloudWatch's own reason is a formula."""
    trigger: AlarmTrigger = document.get("Trigger") or {}
    metric, limit = trigger.get("MetricName"), float(trigger.get("Threshold") or 0)
    if not metric:
        return str(document.get("NewStateReason") or "CloudWatch gives no reason")
    of = ", ".join(f"{key} {value}" for key, value in dimensions.items() if key != "Problem")
    compared = _COMPARED.get(str(trigger.get("ComparisonOperator")), "past")
    where = f" of {of}" if of else ""
    if document["NewStateValue"] == "OK":
        return f"{metric}{where} is no longer {compared} {limit:g}."
    silent = ", or nothing was measured" if compared.endswith("below") else ""
    return f"{metric}{where} is {compared} {limit:g}{silent}."


_COMPARED = {
    "GreaterThanOrEqualToThreshold": "at or over",
    "GreaterThanThreshold": "over",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


def _dimensions(document: Alarm) -> dict[str, str]:
    """Their names are written small in a notification, and large in the rest of the service."""
    told = (document.get("Trigger") or {}).get("Dimensions") or []
    pairs = [{key.lower(): str(value) for key, value in one.items()} for one in told]
    return {one["name"]: one["value"] for one in pairs}


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
