"""Use case: tell the channels of an alert, each once, and of what waited when its time has come.

What is to be told is written down before a channel is told, and that it was told after: a step that
dies tells twice, never not at all. One channel that fails keeps no other from being told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypedDict, final

from ghosteam.alerting.alarms import DRIFT, OUTCOMES, PERFORMANCE, is_alarm, section_named
from ghosteam.alerting.evidence import with_decision, with_drift, with_performance
from ghosteam.alerting.message import Notification, alert_of, content_of
from ghosteam.alerting.routes import Route
from ghosteam.alerting.standing import (
    after_telling,
    is_due,
    is_end_of_nothing,
    is_forgotten,
    is_told_now,
    noted,
)
from ghosteam.aws.alerts import Topics
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.state import Document, StateTable
from ghosteam.channels.alert import Alert
from ghosteam.channels.channel import Post, Publication, Sending, Subscription, Topic
from ghosteam.documents import state_keys
from ghosteam.documents.alert_state import AlertState
from ghosteam.documents.state_keys import EVERY_PROBLEM
from ghosteam.errors import Conflict, Defect, GhosteamError, Transient
from ghosteam.json_object import JsonObject
from ghosteam.runtime.observability import logger

_VERDICTS = 60
_LAST = "9999"


@dataclass(frozen=True)
class Channels:
    """Where people are told, and with what.

    ``environment``: the name of the deployment, ``source`` the begin of its resources' names;
    ``topics_prefix``: begin of the ARNs of the channels' own topics; ``post`` sends a request, with
    the remedy for one that is refused; ``put`` puts a message into the function's own queue.
    """

    routes: Sequence[Route]
    environment: str
    source: str
    topics_prefix: str
    state: StateTable
    topics: Topics
    secrets: Secrets
    post: Callable[..., None]
    put: Callable[[str], None]

    def route(self, name: str) -> Route | None:
        """The channel's route, if the environment still names it."""
        return next((route for route in self.routes if route.name == name), None)


@final
class ToTell(TypedDict):
    """What stands for a channel: its name, and the key of what it is to be told."""

    channel: str
    key: str


@final
class Due(TypedDict):
    """What the clock found due."""

    due: ToTell


def take_message(message: Due | Notification, channels: Channels, *, now: datetime) -> None:
    """A message of the queue: a notification of the topic of alerts, or what the clock found due.

    Raises:
        Transient: a channel could not be told now.
        Defect: a channel can never be told so; all others were.
    """
    if "due" in message:
        at = message["due"]
        route = channels.route(at["channel"])
        if route:
            _tell_standing(at["key"], route, channels, now)
        return
    alert = alert_of(message, channels.environment)
    if alert is None:
        return
    try:
        alert = _with_evidence(alert, content_of(message), channels.state)
    except Defect as error:  # a document that cannot be read must not keep an alarm from people
        logger.error("an alert is told without evidence", extra={"fault": error.as_record()})
    failures: list[GhosteamError] = []
    for route in channels.routes:
        if not route.takes(alert):
            continue
        try:
            _note(alert, route, channels.state, now)
            _tell_standing(alert.key, route, channels, now)
        except GhosteamError as error:
            logger.error(
                "a channel failed", extra={"channel": route.name, "fault": error.as_record()}
            )
            failures.append(error)
    if failures:
        # What may pass comes again, and then what never will is found again.
        raise next((one for one in failures if isinstance(one, Transient | Conflict)), failures[0])


def tell_what_is_due(channels: Channels, *, now: datetime) -> int:
    """By the clock: put what waited for its time into the queue, and forget what nobody needs.
    Returns how much was due.
    """
    due = 0
    for document in list(channels.state.list(EVERY_PROBLEM, state_keys.ALERT_STATES)):
        standing = document.data
        if channels.route(standing.channel) is None or is_forgotten(standing, now):
            _forget(channels.state, document)
        elif is_due(standing, now):
            at = {"channel": standing.channel, "key": standing.alert.key}
            channels.put(json.dumps({"due": at}))
            _replace(channels.state, document, replace(standing, due=None))
            due += 1
    return due


def try_channels(
    problem: str, name: str | None, channels: Channels, *, now: datetime
) -> list[dict[str, str]]:
    """Send every channel, or the one called ``name``, a test about ``problem``, whatever the hour
    and whatever it is told of otherwise. Returns what became of each: ``channel``, ``kind`` and, of
    one that failed, ``error`` and ``remedy``.

    Raises Defect where there is no such channel.
    """
    chosen = [route for route in channels.routes if name in (None, route.name)]
    if not chosen:
        known = ", ".join(route.name for route in channels.routes) or "none"
        raise Defect(
            f"There is no channel {name!r}" if name else "No channel is set up",
            where={"channels": known},
            remedy="Name it among the alerts of the environment in infra/settings.py and deploy",
        )
    return [_try(problem, route, channels, now) for route in chosen]


def _try(problem: str, route: Route, channels: Channels, now: datetime) -> dict[str, str]:
    alert = Alert(
        condition=f"test {route.name} {now.isoformat()}",
        state="raised",
        severity="info",
        problem=problem,
        what=f"this is a test of the channel {route.name}",
        details=("Nothing is wrong. Alerts about this problem reach you here.",),
        did="Nothing.",
        look=(f"./ghosteam status {problem} --environment {channels.environment}",),
        since=now,
        until=None,
        at=now,
    )
    told = {"channel": route.name, "kind": route.kind}
    try:
        _deliver(alert, route, channels, now)
        if route.channel.resolves:
            _deliver(replace(alert, state="cleared", until=now), route, channels, now)
    except GhosteamError as error:
        return {**told, "error": error.message, "remedy": error.remedy}
    return told


def _with_evidence(alert: Alert, document: JsonObject, state: StateTable) -> Alert:
    section = section_named(document) if is_alarm(document) else None
    problem = alert.problem
    if problem is None:
        return alert
    triggers: tuple[str, ...] = (DRIFT,)
    if section == PERFORMANCE:
        judged = _newest(state, problem, state_keys.PERFORMANCE_VERDICTS)
        came = _newest(state, problem, state_keys.OUTCOME_VERDICTS)
        alert = with_performance(alert, judged, came)
        triggers = (PERFORMANCE, "value")
    elif section == DRIFT:
        alert = with_drift(alert, _newest(state, problem, state_keys.DRIFT_VERDICTS))
    elif section == OUTCOMES:
        outcomes = _newest(state, problem, state_keys.OUTCOME_VERDICTS)
        alert = with_drift(alert, outcomes)
    else:
        return alert
    decisions = [one.data for one in state.list(problem, state_keys.DECISIONS)]
    return with_decision(alert, decisions, *triggers)


def _newest(
    state: StateTable, problem: str, prefix: state_keys.Key[state_keys.Form]
) -> list[state_keys.Form]:
    """The newest verdicts, oldest first."""
    found = state.between(problem, prefix, "", _LAST, newest_first=True)
    return [one.data for one in islice(found, _VERDICTS)][::-1]


def _note(alert: Alert, route: Route, state: StateTable, now: datetime) -> None:
    at = state_keys.alert_state(route.name, alert.key)
    if not is_end_of_nothing(state.find(EVERY_PROBLEM, at), alert):
        state.update(EVERY_PROBLEM, at, lambda known: noted(known, alert, route, now))


def _tell_standing(key: str, route: Route, channels: Channels, now: datetime) -> None:
    at = state_keys.alert_state(route.name, key)
    standing = channels.state.find(EVERY_PROBLEM, at)
    if standing is None or not is_told_now(standing, now):
        return
    told = standing.alert
    waited = f"It waited for the end of the quiet hours ({route.quiet})."
    shown = replace(told, details=(*told.details, waited)) if standing.quiet else told
    _deliver(shown, route, channels, now)
    channels.state.amend(EVERY_PROBLEM, at, lambda known: after_telling(known, told, now))


def _deliver(alert: Alert, route: Route, channels: Channels, now: datetime) -> None:
    """Raises Transient for a channel that cannot be reached now, Defect for one that refuses."""
    channel, place = route.channel, route.place
    secret = _secret(route, channels.secrets)
    id = f"{alert.key}-{alert.version}-{int(alert.since.timestamp())}"
    sending = Sending(route.settings, secret, channels.source, id, now.replace(microsecond=0))
    try:
        words = channel.word(alert, sending)
    except ValueError as error:
        raise Defect(
            f"{route.name}: {error}",
            where={"secret": route.secret},
            remedy="Store the secret's fields as the guide says",
        ) from None
    match words:
        case Post():
            channels.post(words, remedy=channel.remedy)
        case Publication():
            arn = place.arn if isinstance(place, Topic) else channels.topics_prefix + route.name
            assert isinstance(place, Topic | Subscription)
            channels.topics.publish(arn, words)


def _secret(route: Route, secrets: Secrets) -> Mapping[str, str]:
    if route.secret is None:
        return {}
    found = secrets.json(route.secret)
    for field, shown in route.channel.secret.items():
        if not isinstance(found.get(field), str):
            raise Defect(
                f"{route.name}: the secret has no field {field}",
                where={"secret": route.secret},
                remedy=f"Store it as JSON with the field {field}, such as {shown}",
            )
    return {field: found[field] for field in route.channel.secret}


def _replace(state: StateTable, document: Document[AlertState], standing: AlertState) -> None:
    try:
        state.replace(EVERY_PROBLEM, document, standing)
    except Conflict:
        return  # it has changed, and its message finds what it became


def _forget(state: StateTable, document: Document[AlertState]) -> None:
    try:
        state.delete(EVERY_PROBLEM, document)
    except Conflict:
        return  # something came meanwhile
