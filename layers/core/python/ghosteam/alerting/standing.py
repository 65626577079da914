"""What a channel is told of a condition, and when: once, until it changes.

- The newest alert of a condition counts, whatever order they come in.
- An end is told when it has lasted for ``SETTLED``: a condition that is back by then was never
  over, and nothing is said.
- What is not critical waits for the end of the channel's quiet hours; then its newest state is
  told, with when it began and ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ghosteam.alerting.routes import Route
from ghosteam.channels.alert import Alert
from ghosteam.documents.alert_state import AlertState

SETTLED = timedelta(minutes=10)
KEPT = timedelta(days=2)
"""For so long it is remembered that something was told that has no end, or has ended."""
GIVEN_UP = timedelta(days=14)
"""As long as dead letters are kept, it is known what they would have told."""


def is_end_of_nothing(known: AlertState | None, alert: Alert) -> bool:
    """Whether nobody knew that it had begun: an alarm is fine when it is made."""
    return known is None and alert.state == "cleared"


def noted(known: AlertState | None, alert: Alert, route: Route, now: datetime) -> AlertState:
    """``known`` after ``alert`` has come for the channel of ``route``. The same alert again changes
    nothing.
    """
    if known is None:
        return _planned(AlertState(channel=route.name, alert=alert, noted_at=now), route, now)
    if alert.at <= known.alert.at:
        return known
    before = known.alert
    goes_on = before.state == "raised" or _unsettled(known)
    if goes_on and alert.state != "news":
        alert = replace(alert, since=before.since)
    if alert.state == "cleared" and before.state == "cleared":
        return replace(known, alert=replace(alert, since=before.since, until=before.until))
    return _planned(replace(known, alert=alert, noted_at=now), route, now)


def _unsettled(known: AlertState) -> bool:
    return known.alert.state == "cleared" and is_pending(known)


def _planned(standing: AlertState, route: Route, now: datetime) -> AlertState:
    if not is_pending(standing):
        return replace(standing, due=None, quiet=False)
    alert = standing.alert
    when = now + SETTLED if alert.state == "cleared" else now
    quiet_until = None
    if route.quiet and alert.severity != "critical":
        # What waits already waits on, whatever it became.
        waits = standing.due if standing.quiet and standing.due and standing.due > when else None
        quiet_until = waits or route.quiet.end_of(when)
    due = quiet_until or (when if when > now else None)
    return replace(standing, due=due, quiet=quiet_until is not None)


def is_pending(standing: AlertState) -> bool:
    """Whether the channel was not told yet what is known."""
    return standing.told != standing.alert.version


def is_told_now(standing: AlertState, now: datetime) -> bool:
    """Whether the channel is to be told now: at once, or because its time has come."""
    return is_pending(standing) and (standing.due is None or standing.due <= now)


def is_due(standing: AlertState, now: datetime) -> bool:
    """Whether the clock has it told."""
    return is_pending(standing) and standing.due is not None and standing.due <= now


def after_telling(standing: AlertState, told: Alert, now: datetime) -> AlertState:
    """``standing``, which may have changed meanwhile, after the channel was told of ``told``."""
    same = standing.alert == told
    return replace(
        standing,
        told=told.version,
        told_at=now,
        due=None if same else standing.due,
        quiet=False if same else standing.quiet,
    )


def is_forgotten(standing: AlertState, now: datetime) -> bool:
    """Whether nobody needs it any more. A condition that holds is remembered."""
    if is_pending(standing):
        return now - standing.noted_at > GIVEN_UP
    return standing.alert.state != "raised" and now - standing.noted_at > KEPT
