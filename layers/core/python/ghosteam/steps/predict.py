"""Answer a prediction request: event times, online features, a slot a row, one call a slot, one log
record a row.

A challenger must never cost a caller an answer: rows that it fails to score go to the champion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from ghosteam.documents.failed_call import FailedCall
from ghosteam.documents.logged_prediction import LoggedPrediction
from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from ghosteam.errors import Defect, GhosteamError, Transient
from ghosteam.features.online import OnlineRow
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, id_within_request, logger, measure
from ghosteam.serving.request import Answer, Prediction, ServedModel, ServedSlot
from ghosteam.serving.routing import SlotName, entity_key, position, slot_at
from ghosteam.steps.asked_rows import Request, served_by
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.routings import Routings
from ghosteam.tasks.task import DecisionValue

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import ScoringEndpoints

Rows = Sequence[Mapping[str, object]]
RETRY_SECONDS = 0.2
LAST_CALL_SECONDS = 16.0
"""After so long no further endpoint is called: a call takes up to six seconds, and the API gives up
after 29.
"""
NOW = partial(datetime.now, UTC)


@dataclass(frozen=True)
class _Call:
    """One request to a slot's endpoint."""

    call_id: str
    milliseconds: float


_Scored = tuple[Mapping[str, float], SlotName, _Call]


@dataclass
class PredictionService:
    """What a container keeps between requests. ``read`` finds online features; ``emit`` takes
    records.
    """

    routings: Routings
    definitions: Definitions
    read: Callable[..., list[OnlineRow]]
    endpoints: ScoringEndpoints
    emit: Callable[[JsonObject], None]
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = NOW

    def answer(self, problem: Problem, body: object) -> Answer:
        """Predictions for the rows of a request's body, in their order.

        Each model is asked by the definition that it learned by; see
        :mod:`ghosteam.serving.request_form`.

        Raises:
            pydantic.ValidationError: the body is not what may be asked.
            InvalidInput: a row's event time cannot be.
            Transient: no model serves yet, or the online store or every slot failed.
        """
        began, came_at = time.monotonic(), self.now()
        notes: list[str] = []
        routing, by_definition = self._serving(problem, notes)
        form = self.definitions.form(problem, tuple(by_definition.values()))
        rows = form.rows(body)
        if routing is None or routing.champion is None:
            raise Transient(
                "No model serves this problem yet",
                where={"problem": problem.problem},
                remedy="Wait until the first training run is promoted: 'ghosteam status' says what "
                "it waits for",
            )
        request = Request(
            problem,
            routing,
            last_call=began + LAST_CALL_SECONDS,
            notes=notes,
            rows=rows,
            form=form,
            definitions=by_definition,
            now=came_at,
            read=partial(self.read, now=came_at),
        )
        slots: list[SlotName] = ["champion"] * len(rows)
        if (challenger := routing.challenger) and "challenger" in by_definition:
            entity = by_definition["champion"].entity_columns
            keys = [entity_key(asked.row, entity) for asked in request.asked("champion")]
            slots = [slot_at(position(key, routing.salt), challenger.percent) for key in keys]

        scored = self._scored(request, slots)
        made_at = self.now()
        logged = {slot: meant.logged_features for slot, meant in by_definition.items()}
        predictions = []
        for index, (outputs, slot, call) in enumerate(scored):
            served, asked = served_by(routing, slot), request.asked(slot)[index]
            meant = by_definition[slot]
            prediction = Prediction(
                prediction_id=request.prediction_id(slot, index, unique=uuid4().hex),
                outputs=dict(outputs),
                decision=_decision(meant, outputs),
                model_version=served.version,
                variant=slot,
                freshness_seconds=asked.freshness_seconds,
            )
            predictions.append(prediction)
            record = LoggedPrediction(
                problem=problem.problem,
                prediction_id=prediction.prediction_id,
                call_id=call.call_id,
                assigned=slots[index],
                answered=slot,
                model_version=prediction.model_version,
                endpoint=served.endpoint,
                event_time=asked.event_time,
                made_at=made_at,
                latency_ms=call.milliseconds,
                event={name: _plain(asked.row[name]) for name in meant.naming_columns},
                outputs=dict(outputs),
                features={name: asked.features[name] for name in logged[slot]},
                freshness_seconds=prediction.freshness_seconds,
            )
            self.emit(record.to_record())
            request.note_lacking(slot, index)
        for name in dict.fromkeys(slot for _, slot, _ in scored):
            count(
                "Predictions",
                sum(slot == name for _, slot, _ in scored),
                Problem=problem.problem,
                Slot=name,
            )
        took = _milliseconds_since(began)
        measure("PredictionMilliseconds", took, Problem=problem.problem)
        return Answer(predictions=predictions, latency_ms=took, notes=notes)

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

    def _serving(
        self, problem: Problem, notes: list[str]
    ) -> tuple[Routing | None, dict[SlotName, Problem]]:
        """The routing, and by which definition each of its slots is asked."""
        routing = self.routings.read(problem.problem, notes)
        slots: dict[SlotName, Slot | None] = (
            {
                "champion": routing.champion,
                "challenger": routing.challenger,
                "previous": routing.replaced,
            }
            if routing
            else {}
        )
        found: dict[SlotName, Problem] = {}
        for name, slot in slots.items():
            try:
                if slot:
                    found[name] = self.definitions.of(slot, problem)
            except GhosteamError as error:
                if name == "champion":
                    raise
                logger.warning(
                    "a model is not asked: its definition could not be read",
                    extra={"slot": name, "fault": error.as_record()},
                )
        return routing, found

    def _scored(self, request: Request, slots: list[SlotName]) -> list[_Scored]:
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

    def _ask_champion(self, request: Request, indexes: list[int]) -> dict[int, _Scored]:
        """Of the champion, once more if it fails, and then of its predecessor while that is
        kept.
        """
        try:
            return self._ask(request, "champion", indexes)
        except GhosteamError as error:
            failure = error
        logger.warning("champion failed, asked once more", extra={"fault": failure.as_record()})
        others: list[SlotName] = ["champion"] if isinstance(failure, Transient) else []
        if "previous" in request.definitions:
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
                    served_by(request.routing, name).version for name in ("champion", "previous")
                )
                request.notes.append(
                    "Version {} failed; version {}, which served before it, answered".format(
                        *versions
                    )
                )
            return answered
        raise failure

    def _ask(self, request: Request, slot: SlotName, indexes: list[int]) -> dict[int, _Scored]:
        problem, served = request.problem, served_by(request.routing, slot)
        call_id = id_within_request()
        began = time.monotonic()
        try:
            asked = request.asked(slot)
            answer = self.endpoints.score(
                served.endpoint, [asked[index].features for index in indexes]
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
            failed = FailedCall(
                problem=problem.problem,
                call_id=call_id,
                asked=slot,
                model_version=served.version,
                endpoint=served.endpoint,
                made_at=self.now(),
                rows=len(indexes),
                error=error.message,
            )
            self.emit(failed.to_record())
            raise
        call = _Call(call_id, _milliseconds_since(began))
        return {i: (outputs, slot, call) for i, outputs in zip(indexes, answer.rows, strict=True)}


def _decision(problem: Problem, outputs: Mapping[str, float]) -> DecisionValue:
    """By the outputs that the model gave: an older one may have others than the problem now."""
    classes = problem.target.classes
    if tuple(outputs) != problem.outputs and problem.kind.learns == "multiclass":
        classes = tuple(outputs)
    return problem.kind.decide(list(outputs.values()), classes, threshold=problem.decide.threshold)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _milliseconds_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
