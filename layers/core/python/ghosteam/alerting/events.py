"""The events of the bus that people are told of, as alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeGuard

from ghosteam.channels.alert import Alert, Severity
from ghosteam.documents.event import SOURCE, BusEvent, EventType, Scalar


def is_event(document: Mapping[str, object]) -> TypeGuard[BusEvent]:
    """Whether this is one of this project's events, as EventBridge tells it."""
    return document.get("source") == SOURCE and "detail-type" in document


def alert_of_event(event: BusEvent, environment: str) -> Alert:
    """The alert. An event of a type that has no words of its own is told by its type and ids."""
    kind, detail = str(event["detail-type"]), event["detail"]
    at = datetime.fromisoformat(str(event["time"])).astimezone(UTC)
    severity, say = _WORDED.get(kind, ("info", _other))
    what, reason, did, look = say(detail)
    problem = str(detail.get("problem") or "") or None
    return Alert(
        # What is so again for the same reason is no news; what was done again is.
        condition=f"{kind} {problem} {_digest(what, reason) if kind in _LASTING else event['id']}",
        state="news",
        severity=severity,
        problem=problem,
        what=what if kind in _WORDED else f"{kind} {what}".strip(),
        details=(reason,) if reason else (),
        did=did,
        look=tuple(f"{place} --environment {environment}" for place in look),
        since=at,
        until=None,
        at=at,
    )


Said = tuple[str, str, str, tuple[str, ...]]
"""What happened, its reason, what the system did, where to look."""


def _declined(detail: Mapping[str, Scalar]) -> Said:
    problem = detail["problem"]
    return (
        f"a retraining because of {detail.get('trigger') or 'a request'} was declined",
        str(detail.get("reason") or ""),
        "The champion serves on; no run was started.",
        (f"./ghosteam why {problem}", f"./ghosteam retrain {problem}"),
    )


def _promoted(detail: Mapping[str, Scalar]) -> Said:
    problem, version = detail["problem"], detail.get("model_version")
    return (
        f"version {version} serves",
        str(detail.get("reason") or ""),
        f"The version before is kept for a while: ./ghosteam rollback {problem} brings it back.",
        (f"./ghosteam status {problem}",),
    )


def _rolled_back(detail: Mapping[str, Scalar]) -> Said:
    problem, version = detail["problem"], detail.get("model_version")
    return (
        f"the rollout of version {version} was rolled back",
        str(detail.get("reason") or ""),
        "All traffic is the champion's again; the endpoint of the version is taken down.",
        (f"./ghosteam why {problem} run {detail.get('run_id')}",),
    )


def _champion_rolled_back(detail: Mapping[str, Scalar]) -> Said:
    problem = detail["problem"]
    return (
        f"version {detail.get('model_version')} was rolled back to version "
        f"{detail.get('to_version')}",
        str(detail.get("reason") or ""),
        f"Version {detail.get('to_version')} serves, or is being rolled out again.",
        (f"./ghosteam status {problem}",),
    )


def _reconciled(detail: Mapping[str, Scalar]) -> Said:
    of = ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in detail.items()
        if name in ("run_id", "endpoint", "name") or (name == "version" and isinstance(value, str))
    )
    what = _REPAIRS.get(str(detail.get("repair")), f"{detail.get('repair')} was needed")
    problem = detail.get("problem")
    return (
        what,
        ". ".join(part for part in (str(detail.get("reason") or ""), of) if part),
        "It repaired this by itself.",
        (f"./ghosteam status {problem}".rstrip(),) if problem else ("./ghosteam status",),
    )


_REPAIRS = {
    "EndRollout": "a rollout had stopped and was ended",
    "CloseRun": "a retraining run had stopped and was closed",
    "RestoreChampion": "the champion's endpoint was gone and is rolled out again",
    "GoOnRebuilding": "what a changed folder makes necessary stood still and goes on",
    "RetireEndpoint": "an endpoint that nobody needs was taken down",
}


def _expectations(detail: Mapping[str, Scalar]) -> Said:
    problem, dataset, batch = (detail.get(name) for name in ("problem", "dataset", "batch_id"))
    return (
        f"a batch of {dataset} does not meet its expectations",
        f"{detail.get('failed')} of {detail.get('expectations')} are not met",
        "Its rows keep the contract and count; nothing was taken out.",
        (f"./ghosteam why {problem} batch {batch}",),
    )


def _other(detail: Mapping[str, Scalar]) -> Said:
    ids = {name: value for name, value in detail.items() if name not in ("version", "problem")}
    return "", ", ".join(f"{name} {value}" for name, value in ids.items()), "", ()


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()


_LASTING = frozenset({"RetrainingDeclined", "Reconciled", "ExpectationsNotMet"})
_WORDED: Mapping[str, tuple[Severity, Callable[[Mapping[str, Scalar]], Said]]] = {
    "RetrainingDeclined": ("warning", _declined),
    "ModelPromoted": ("info", _promoted),
    "RolloutRolledBack": ("warning", _rolled_back),
    "ChampionRolledBack": ("warning", _champion_rolled_back),
    "Reconciled": ("warning", _reconciled),
    "ExpectationsNotMet": ("warning", _expectations),
}
WORDED: frozenset[EventType | str] = frozenset(_WORDED)
"""Types of events with words of their own."""
