"""Answer a prediction request: event times, online features, a slot a row, one call a slot, one log record a row.

A challenger must never cost a caller an answer: rows that it fails to score go to the champion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ghosteam import layout
from ghosteam.errors import GhosteamError, InvalidInput, Transient
from ghosteam.features.online import OnlineRow, read_online
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, logger
from ghosteam.serving.event_time import time_of
from ghosteam.serving.request import Answer, Prediction, ServedModel, Slot
from ghosteam.serving.routing import SlotName, entity_key, position, slot_at

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import ScoringEndpoints
    from ghosteam.aws.state import StateTable

Rows = Sequence[Mapping[str, Any]]
ROUTING_SECONDS = 1.0


@dataclass
class Predictor:
    """What a container keeps between requests. ``store`` is a boto3 DynamoDB client; ``emit`` takes each log record."""

    state: StateTable
    store: Any
    endpoints: ScoringEndpoints
    online_prefix: str
    emit: Callable[[dict[str, Any]], None]
    _routings: dict[str, tuple[float, dict[str, Any] | None]] = field(default_factory=dict)

    def answer(self, problem: Problem, rows: Rows) -> Answer:
        """Predictions for validated rows, in their order.

        Raises:
            InvalidInput: a row's event time cannot be.
            Transient: no model serves yet, or the champion or the online store failed.
        """
        began = time.monotonic()
        routing = self._routing(problem)
        champion = routing["champion"] if routing else None
        if not routing or not champion:
            raise Transient(
                "No model serves this problem yet",
                where={"problem": problem.problem},
                remedy="Wait until the first training run is promoted: 'ghosteam status' says what it waits for",
            )
        times = _event_times(problem, rows)
        online = read_online(self.store, problem, self.online_prefix, rows, times)
        features = [_features(problem, row, found) for row, found in zip(rows, online, strict=True)]
        slots: list[SlotName] = ["champion"] * len(rows)
        if challenger := routing["challenger"]:
            keys = [entity_key(row, problem.entity_columns) for row in rows]
            slots = [slot_at(position(key, routing["salt"]), challenger["percent"]) for key in keys]

        scored = self._scored(problem, routing, slots, features)
        made_at = datetime.now(UTC)
        predictions = []
        for index, (score, slot, milliseconds) in enumerate(scored):
            served = routing[slot]
            prediction = Prediction(
                prediction_id=str(uuid4()),
                score=score,
                label=score >= 0.5,
                model_version=served["version"],
                variant=slot,
                freshness_seconds=online[index].freshness_seconds,
            )
            predictions.append(prediction)
            self.emit(
                {
                    "record_type": "prediction",
                    "version": 1,
                    "problem": problem.problem,
                    "prediction_id": prediction.prediction_id,
                    "entity": {name: _plain(rows[index][name]) for name in problem.entity_columns},
                    "event_time": times[index].isoformat(),
                    "made_at": made_at.isoformat(),
                    "model_version": prediction.model_version,
                    "slot": slot,
                    "endpoint": served["endpoint"],
                    "score": score,
                    "features": features[index],
                    "freshness_seconds": prediction.freshness_seconds,
                    "latency_ms": milliseconds,
                }
            )
        for name in dict.fromkeys(slot for _, slot, _ in scored):
            count("Predictions", sum(slot == name for _, slot, _ in scored), Problem=problem.problem, Slot=name)
        return Answer(predictions=predictions, latency_ms=_milliseconds_since(began))

    def served_model(self, problem: Problem) -> ServedModel:
        """Versions that answer now and their shares."""
        routing = self._routing(problem) or {"champion": None, "challenger": None}
        champion, challenger = routing["champion"], routing["challenger"]
        percent = challenger["percent"] if challenger else 0
        return ServedModel(
            problem=problem.problem,
            champion=Slot(version=champion["version"], share_percent=100 - percent) if champion else None,
            challenger=Slot(version=challenger["version"], share_percent=percent) if challenger else None,
        )

    def _routing(self, problem: Problem) -> dict[str, Any] | None:
        now = time.monotonic()
        read_at, routing = self._routings.get(problem.problem, (-ROUTING_SECONDS, None))
        if now - read_at < ROUTING_SECONDS and routing is not None:
            return routing
        document = self.state.get(problem.problem, layout.ROUTING)
        routing = document.data if document else None
        self._routings[problem.problem] = (now, routing)
        return routing

    def _scored(
        self, problem: Problem, routing: Mapping[str, Any], slots: list[SlotName], features: Rows
    ) -> list[tuple[float, SlotName, float]]:
        """For each row: score, the slot that gave it, milliseconds that its endpoint took."""
        scored: dict[int, tuple[float, SlotName, float]] = {}
        challenged = [index for index, slot in enumerate(slots) if slot == "challenger"]
        if challenged:
            try:
                scored |= self._ask(problem, routing, "challenger", challenged, features)
            except GhosteamError as error:
                logger.warning("challenger failed, champion answers", extra={"fault": error.as_record()})
        rest = [index for index in range(len(slots)) if index not in scored]
        if rest:
            scored |= self._ask(problem, routing, "champion", rest, features)
        return [scored[index] for index in range(len(slots))]

    def _ask(
        self, problem: Problem, routing: Mapping[str, Any], slot: SlotName, indexes: list[int], features: Rows
    ) -> dict[int, tuple[float, SlotName, float]]:
        served = routing[slot]
        began = time.monotonic()
        try:
            answer = self.endpoints.score(served["endpoint"], [features[index] for index in indexes])
        except GhosteamError as error:
            count("PredictionErrors", len(indexes), Problem=problem.problem, Slot=slot)
            self.emit(
                {
                    "record_type": "prediction_error",
                    "version": 1,
                    "problem": problem.problem,
                    "model_version": served["version"],
                    "slot": slot,
                    "endpoint": served["endpoint"],
                    "rows": len(indexes),
                    "error": error.message,
                    "made_at": datetime.now(UTC).isoformat(),
                }
            )
            raise
        milliseconds = _milliseconds_since(began)
        return {i: (score, slot, milliseconds) for i, score in zip(indexes, answer.scores, strict=True)}


def _event_times(problem: Problem, rows: Rows) -> list[datetime]:
    expression = problem.event_time_expression
    times = []
    for number, row in enumerate(rows):
        try:
            moment = time_of(expression, row)
        except InvalidInput as error:
            raise InvalidInput(error.message, where={**error.where, "row": number}, remedy=error.remedy) from error
        assert moment is not None, "a request's columns of the event time are never null"
        times.append(moment)
    return times


def _features(problem: Problem, row: Mapping[str, Any], online: OnlineRow) -> dict[str, Any]:
    requested = {name: _feature(row[name]) for name in problem.features.request}
    values = {**requested, **online.features}
    return {name: values[name] for name in problem.feature_names}


def _feature(value: Any) -> Any:
    """Strings stay; everything else is a number as in the training set: booleans 0 and 1, times in microseconds."""
    if isinstance(value, datetime):
        return float((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return float(value) if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _milliseconds_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
