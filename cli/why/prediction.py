"""``ghosteam why PROBLEM prediction ID``: which model answered, from what, and whether it was
right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer, Fact, moment
from ghosteam.documents import state_keys
from ghosteam.documents.logged_prediction import LoggedPrediction


@dataclass(frozen=True)
class FoundPrediction:
    """A record of the log, the place where it lies, the hours that were ``searched``, in words, and
    the outcome of its event, None where none has come, with the folder ``outcomes`` of the rows
    that tell outcomes; ``unreadable``: why those could not be read.
    """

    record: LoggedPrediction
    place: str
    searched: str
    target: str
    outcomes: str
    outcome: float | None = None
    unreadable: str | None = None


def why_prediction(found: ProblemDocuments, prediction: FoundPrediction) -> Answer:
    """Which model answered, with which features, and what came true."""
    record, place = prediction.record, prediction.place
    return {
        "Which model answered": list(_model(found, prediction)),
        "What it was asked": [
            Fact(f"{name} {value}", place) for name, value in record.event.items()
        ]
        + [Fact(f"event time {moment(record.event_time)}", place)]
        + [Fact(f"in the request {id}", place) for id in _requests(record)],
        "What it answered": [
            Fact(f"{name} {value:.4g}", place) for name, value in record.outputs.items()
        ]
        or [Fact("its record has no outputs by name", place)],
        "With which features": list(_features(prediction)),
        "What came true": [_outcome(prediction)],
        "Where it was looked for": [Fact(prediction.searched)],
    }


def _model(found: ProblemDocuments, prediction: FoundPrediction) -> Iterator[Fact]:
    record, place = prediction.record, prediction.place
    yield Fact(
        f"version {record.model_version} as {_slot(record)} on {record.endpoint}, "
        f"{moment(record.made_at)}, in a call of {record.latency_ms:.0f} ms",
        place,
    )
    run = next((run for run in found.runs if run.version == record.model_version), None)
    if run is None:
        yield Fact(f"no run's document names version {record.model_version}")
    else:
        yield Fact(f"run {run.run_id} made it: {run.status}", (state_keys.RUNS / run.run_id).text)
    routing = found.routing
    slots = (
        {
            "champion": routing.champion,
            "challenger": routing.challenger,
            "kept, and serves no more": routing.replaced,
        }
        if routing
        else {}
    )
    now = [role for role, slot in slots.items() if slot and slot.version == record.model_version]
    yield Fact(
        f"now it is {now[0] if now else 'in no slot'}", state_keys.ROUTING.text if routing else ""
    )


def _requests(record: LoggedPrediction) -> Iterator[str]:
    """The id of the API's request, which a call's id begins with; calls had none of it once."""
    request, slash, _ = record.call_id.partition("/")
    if slash:
        yield request


def _slot(record: LoggedPrediction) -> str:
    """The slot that answered, and which was to, where that was another."""
    if record.assigned == record.answered:
        return record.answered
    return f"{record.answered} in place of the {record.assigned}"


def _features(prediction: FoundPrediction) -> Iterator[Fact]:
    record = prediction.record
    for name, value in record.features.items():
        yield Fact(f"{name} {'missing' if value is None else value}", prediction.place)
    for view, seconds in record.freshness_seconds.items():
        age = "nothing online" if seconds is None else f"{seconds:,.0f} s old at the event's time"
        yield Fact(f"view {view}: {age}", prediction.place)
    if not record.features:
        yield Fact("its record holds none that may be logged", prediction.place)


def _outcome(prediction: FoundPrediction) -> Fact:
    if prediction.unreadable:
        return Fact(f"the outcomes cannot be read: {prediction.unreadable}", prediction.outcomes)
    if prediction.outcome is None:
        return Fact(f"no outcome of {prediction.target} has come for this event")
    return Fact(f"{prediction.target} {prediction.outcome:g}", prediction.outcomes)
