"""Answer a prediction request: event times, online features, a slot a row, one call a slot, one log
record a row.

A challenger must never cost a caller an answer: rows that it fails to score go to the champion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from ghosteam.errors import Defect, GhosteamError, Transient
from ghosteam.features.online import OnlineRow
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, logger
from ghosteam.serving.event_time import event_times
from ghosteam.serving.prediction_id import prediction_id
from ghosteam.serving.request import Answer, Prediction, ServedModel, ServedSlot
from ghosteam.serving.routing import SlotName, entity_key, position, slot_at
from ghosteam.steps.online_features import read_online
from ghosteam.steps.routings import Routings
from ghosteam.tasks.task import Decision

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ghosteam.aws.endpoints import ScoringEndpoints

Rows = Sequence[Mapping[str, Any]]
RETRY_SECONDS = 0.2
LAST_CALL_SECONDS = 16.0
"""After so long no further endpoint is called: a call takes up to six seconds, and the API gives up
after 29.
"""


@dataclass(frozen=True)
class _Call:
    """One request to a slot's endpoint."""

    call_id: str
    milliseconds: float


_Scored = tuple[Mapping[str, float], SlotName, _Call]


@dataclass
class PredictionService:
    """What a container keeps between requests. ``store`` is a boto3 DynamoDB client; ``emit`` takes
    each log record.
    """

    routings: Routings
    store: DynamoDBClient
    endpoints: ScoringEndpoints
    online_prefix: str
    emit: Callable[[dict[str, Any]], None]
    sleep: Callable[[float], None] = time.sleep

    def answer(self, problem: Problem, rows: Rows) -> Answer:
        """Predictions for validated rows, in their order.

        Raises:
            InvalidInput: a row's event time cannot be.
            Transient: no model serves yet, or the online store or every slot failed.
        """
        began = time.monotonic()
        notes: list[str] = []
        routing = self.routings.read(problem.problem, notes)
        if routing is None or routing.champion is None:
            raise Transient(
                "No model serves this problem yet",
                where={"problem": problem.problem},
                remedy="Wait until the first training run is promoted: 'ghosteam status' says what "
                "it waits for",
            )
        times = event_times(problem, rows)
        online = read_online(self.store, problem, self.online_prefix, rows, times)
        features = [_features(problem, row, found) for row, found in zip(rows, online, strict=True)]
        slots: list[SlotName] = ["champion"] * len(rows)
        if challenger := routing.challenger:
            keys = [entity_key(row, problem.entity_columns) for row in rows]
            slots = [slot_at(position(key, routing.salt), challenger.percent) for key in keys]

        request = _Request(
            problem, routing, features, last_call=began + LAST_CALL_SECONDS, notes=notes
        )
        scored = self._scored(request, slots)
        made_at = datetime.now(UTC)
        predictions = []
        for index, (outputs, slot, call) in enumerate(scored):
            served = _served(routing, slot)
            prediction = Prediction(
                prediction_id=prediction_id(problem, rows[index], unique=uuid4().hex),
                outputs=dict(outputs),
                decision=_decision(problem, outputs),
                model_version=served.version,
                variant=slot,
                freshness_seconds=online[index].freshness_seconds,
            )
            predictions.append(prediction)
            self.emit(
                {
                    "record_type": "prediction",
                    "version": 2,
                    "problem": problem.problem,
                    "prediction_id": prediction.prediction_id,
                    "entity": {name: _plain(rows[index][name]) for name in problem.naming_columns},
                    "event_time": times[index].isoformat(),
                    "made_at": made_at.isoformat(),
                    "model_version": prediction.model_version,
                    "slot": slot,
                    "endpoint": served.endpoint,
                    "outputs": dict(outputs),
                    "features": {name: features[index][name] for name in problem.logged_features},
                    "freshness_seconds": prediction.freshness_seconds,
                    "call_id": call.call_id,
                    "latency_ms": call.milliseconds,
                }
            )
        for name in dict.fromkeys(slot for _, slot, _ in scored):
            count(
                "Predictions",
                sum(slot == name for _, slot, _ in scored),
                Problem=problem.problem,
                Slot=name,
            )
        return Answer(predictions=predictions, latency_ms=_milliseconds_since(began), notes=notes)

    def served_model(self, problem: Problem) -> ServedModel:
        """Versions that answer now and their shares."""
        routing = self.routings.read(problem.problem, [])
        champion, challenger = (routing.champion, routing.challenger) if routing else (None, None)
        percent = challenger.percent if challenger else 0
        return ServedModel(
            problem=problem.problem,
            champion=ServedSlot(version=champion.version, share_percent=100 - percent)
            if champion
            else None,
            challenger=ServedSlot(version=challenger.version, share_percent=percent)
            if challenger
            else None,
        )

    def _scored(self, request: _Request, slots: list[SlotName]) -> list[_Scored]:
        """For each row: outputs, the slot that gave them, the call that brought them."""
        scored: dict[int, _Scored] = {}
        challenged = [index for index, slot in enumerate(slots) if slot == "challenger"]
        if challenged:
            try:
                scored |= self._ask(request, "challenger", challenged)
            except GhosteamError as error:
                logger.warning(
                    "challenger failed, champion answers", extra={"fault": error.as_record()}
                )
        rest = [index for index in range(len(slots)) if index not in scored]
        if rest:
            scored |= self._ask_champion(request, rest)
        return [scored[index] for index in range(len(slots))]

    def _ask_champion(self, request: _Request, indexes: list[int]) -> dict[int, _Scored]:
        """Of the champion, once more if it fails, and then of its predecessor while that is
        kept.
        """
        try:
            return self._ask(request, "champion", indexes)
        except GhosteamError as error:
            failure = error
        logger.warning("champion failed, asked once more", extra={"fault": failure.as_record()})
        others: list[SlotName] = ["champion"] if isinstance(failure, Transient) else []
        if request.routing.replaced:
            others.append("previous")
        for slot in others:
            self.sleep(RETRY_SECONDS)
            if time.monotonic() > request.last_call:
                break
            try:
                answered = self._ask(request, slot, indexes)
            except GhosteamError as error:
                logger.warning(
                    "another attempt failed", extra={"slot": slot, "fault": error.as_record()}
                )
                continue
            if slot == "previous":
                versions = (
                    _served(request.routing, name).version for name in ("champion", "previous")
                )
                request.notes.append(
                    "Version {} failed; version {}, which served before it, answered".format(
                        *versions
                    )
                )
            return answered
        raise failure

    def _ask(self, request: _Request, slot: SlotName, indexes: list[int]) -> dict[int, _Scored]:
        problem, served = request.problem, _served(request.routing, slot)
        call_id = str(uuid4())
        began = time.monotonic()
        try:
            answer = self.endpoints.score(
                served.endpoint, [request.features[index] for index in indexes]
            )
            if answer.version != served.version:
                raise Defect(
                    f"The endpoint serves version {answer.version}, not {served.version}",
                    where={"endpoint": served.endpoint},
                    remedy="Roll the version out again",
                    internal=True,
                )
        except GhosteamError as error:
            count("PredictionErrors", len(indexes), Problem=problem.problem, Slot=slot)
            count("PredictionErrors", len(indexes))  # of all problems: what the alarm looks at
            self.emit(
                {
                    "record_type": "prediction_error",
                    "version": 1,
                    "problem": problem.problem,
                    "model_version": served.version,
                    "slot": slot,
                    "endpoint": served.endpoint,
                    "call_id": call_id,
                    "rows": len(indexes),
                    "error": error.message,
                    "made_at": datetime.now(UTC).isoformat(),
                }
            )
            raise
        call = _Call(call_id, _milliseconds_since(began))
        return {i: (outputs, slot, call) for i, outputs in zip(indexes, answer.rows, strict=True)}


@dataclass(frozen=True)
class _Request:
    """What the calls for one request share. ``last_call``: no call begins after it, so that the
    caller gets an answer.
    """

    problem: Problem
    routing: Routing
    features: Rows
    last_call: float
    notes: list[str]


def _served(routing: Routing, slot: SlotName) -> Slot:
    slots = {
        "champion": routing.champion,
        "challenger": routing.challenger,
        "previous": routing.replaced,
    }
    found = slots[slot]
    assert found is not None, slot
    return found


def _decision(problem: Problem, outputs: Mapping[str, float]) -> Decision:
    """By the outputs that the model gave: an older one may have others than the problem now."""
    classes = problem.target.classes
    if tuple(outputs) != problem.outputs and problem.task == "multiclass":
        classes = tuple(outputs)
    return problem.kind.decide(list(outputs.values()), classes, threshold=problem.decide.threshold)


def _features(problem: Problem, row: Mapping[str, Any], online: OnlineRow) -> dict[str, Any]:
    requested = {name: _feature(row[name]) for name in problem.features.request}
    values = {**requested, **online.features}
    return {name: values[name] for name in problem.feature_names}


def _feature(value: Any) -> Any:
    """Strings stay; everything else is a number as in the training set: booleans 0 and 1, times in
    microseconds.
    """
    if isinstance(value, datetime):
        return float((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return float(value) if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _milliseconds_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
