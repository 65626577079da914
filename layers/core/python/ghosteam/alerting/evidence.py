"""What the documents of a problem add to an alarm on drift or performance: how bad it is, since
when, and what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ghosteam.channels.alert import Alert
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict

MOST_FEATURES, MOST_DROPS = 5, 3
RECENT = timedelta(hours=6)
"""A decision that is older has nothing to do with an alarm that has just come."""


def with_drift(alert: Alert, verdicts: Sequence[DriftVerdict]) -> Alert:
    """``alert`` as the newest of the ``verdicts``, oldest first, says it."""
    judged = [verdict for verdict in verdicts if verdict.undetermined is None]
    if not judged:
        return alert
    newest = judged[-1]
    if alert.state != "raised":
        return replace(alert, details=(_window(newest) + ": it is like the reference again.",))
    asks = newest.sustained_features or newest.drifted_features
    named = ", ".join(asks[:MOST_FEATURES])
    of = "outcomes have" if isinstance(newest, OutcomeVerdict) else "what the model uses has"
    return replace(
        alert,
        what=f"{of} drifted: {named}" if named else alert.what,
        details=tuple(_of_drift(newest)),
        since=_change_point(newest) or _began(judged, newest.model_version) or alert.since,
    )


def _of_drift(newest: DriftVerdict) -> Iterator[str]:
    of_outcomes = isinstance(newest, OutcomeVerdict)
    what, known = ("outcomes", "was judged on") if of_outcomes else ("rows", "learned from")
    rows = f", {newest.rows:,} {what}" if newest.rows is not None else ""
    yield f"{_window(newest)}{rows}, against what version {newest.model_version} {known}:"
    told = [one for one in newest.features if one.drifted][:MOST_FEATURES]
    yield from map(_of_feature, told)
    if more := len(newest.drifted_features) - len(told):
        yield f"and {more} more"


def _of_feature(one: FeatureMeasured) -> str:
    used = f"; {one.importance:.0%} of what the model uses" if one.importance else ""
    return f"{one.name}: {one.told or 'differs'}{used}"


def _change_point(newest: DriftVerdict) -> datetime | None:
    """Since which row errors are larger, where they are."""
    larger = newest.larger_errors if isinstance(newest, OutcomeVerdict) else None
    return larger.since if larger and _of_errors(newest) else None


def _of_errors(newest: DriftVerdict) -> list[FeatureMeasured]:
    """What drifted of errors in the order of time."""
    return [one for one in newest.features if one.role == "errors" and one.drifted]


def _began(judged: Sequence[DriftVerdict], version: str | None) -> datetime | None:
    """Begin of the first of the windows that drifted one after the other until now."""
    began = None
    for verdict in reversed(judged):
        if not verdict.drifted or verdict.model_version != version:
            break
        began = verdict.window_start
    return began


def with_performance(
    alert: Alert,
    verdicts: Sequence[PerformanceVerdict],
    outcomes: Sequence[OutcomeVerdict] = (),
) -> Alert:
    """``alert`` as the newest of the ``verdicts``, oldest first, says it; since when, as the errors
    in the verdict on the ``outcomes`` of the same window do, if they do.
    """
    judged = [one for one in verdicts if one.undetermined is None and one.value is not None]
    if not judged:
        return alert
    newest = judged[-1]
    details = [
        _of_performance(newest),
        *_of_skill(newest),
        *_of_drops(newest),
        *_of_decisions(newest),
    ]
    if alert.state != "raised":
        return replace(alert, details=tuple(details))
    began = None
    for verdict in reversed(judged):
        if not verdict.degraded or verdict.model_version != newest.model_version:
            break
        began = verdict.window_start
    for one in outcomes:
        if one.window_end == newest.window_end and (since := _change_point(one)):
            began = since
            details += map(_of_feature, _of_errors(one))
    costly = newest.earned is not None and newest.earned.past
    what = (
        "predictions bring less than they may"
        if costly
        else f"predictions are worse than they may be: {newest.metric}"
    )
    return replace(alert, what=what, details=tuple(details), since=began or alert.since)


def _of_performance(newest: PerformanceVerdict) -> str:
    bounds = ""
    if newest.lower is not None and newest.upper is not None:
        bounds = f" (between {newest.lower:.4g} and {newest.upper:.4g})"
    limit = f", its limit is {newest.limit:.4g}" if newest.limit is not None else ""
    labels = f", by {newest.labels:,} outcomes" if newest.labels is not None else ""
    of = f" of {newest.predictions:,} predictions" if labels and newest.predictions else ""
    return (
        f"{_window(newest)}: {newest.metric} of version {newest.model_version} is "
        f"{newest.value:.4g}{bounds}{limit}{labels}{of}."
    )


def _of_skill(newest: PerformanceVerdict) -> Iterator[str]:
    """Where the model lost more than it may of what it was better than a constant."""
    skill, upper, limit = newest.skill, newest.skill_upper, newest.skill_limit
    if skill is not None and upper is not None and limit is not None and upper < limit:
        yield (
            f"It is better than knowing only how often each outcome comes by {skill:.1%} of what "
            f"there is to know (at most {upper:.1%}); its limit is {limit:.1%}."
        )


def _of_drops(newest: PerformanceVerdict) -> Iterator[str]:
    """What is past a limit of its own."""
    for one in newest.past[:MOST_DROPS]:
        yield f"{one.told}."
    if more := len(newest.past[MOST_DROPS:]):
        yield f"And {more} more are past their limits."


def _of_decisions(newest: PerformanceVerdict) -> Iterator[str]:
    """What is lost a day, where that is surely something."""
    if (found := newest.earned) is None or found.lower <= 0:
        return
    what, promised, unit = (
        ("Decisions", f"{found.promised:.4g} was promised", "decide.values")
        if found.promised_by == "probabilities"
        else ("Predictions", f"it was {found.promised:.4g} on the hold-out", "decide.value")
    )
    allowed = f"; {_amount(found.limit)} is allowed" if found.limit is not None else ""
    yield (
        f"{what} brought {found.got:.4g} a prediction in the mean, where {promised}: "
        f"{_amount(found.lost_a_day)} a day less ({_amount(found.lower)} to "
        f"{_amount(found.upper)}), in the unit of {unit}{allowed}."
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def with_decision(alert: Alert, decisions: Sequence[Decision], *triggers: str) -> Alert:
    """``alert`` with what was decided because of it, by any of ``triggers``, as far as that is
    known by now.
    """
    if alert.state != "raised":
        return alert
    recent = [
        one for one in decisions if one.trigger in triggers and alert.at - RECENT <= one.decided_at
    ]
    if not recent:
        return replace(
            alert,
            did="The model serves on. Nothing was decided yet; a retraining starts by itself "
            f"where retrain.on names {' or '.join(triggers)}.",
        )
    newest = max(recent, key=lambda one: one.decided_at)
    decided = {
        "start": f"The retraining run {newest.run_id} was started",
        "wait": "A retraining waits",
        "skip": "No retraining was started",
    }[newest.decision]
    return replace(alert, did=f"{decided}: {newest.reason}.".replace("..", "."))


def _window(verdict: DriftVerdict | PerformanceVerdict) -> str:
    return f"{verdict.window_start:%Y-%m-%d %H:%M} to {verdict.window_end:%Y-%m-%d %H:%M} UTC"
