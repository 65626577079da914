"""The HTTP API: one typed pair of routes a problem, one form for every error."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ghosteam.errors import (
    Conflict,
    Defect,
    Forbidden,
    GhosteamError,
    InvalidInput,
    ManyFaults,
    NotFound,
    TooLarge,
    Transient,
)
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import logger
from ghosteam.serving.labels import labels_model
from ghosteam.serving.paths import DESCRIPTION, DOCS, DOCS_FILES
from ghosteam.serving.request import (
    Accepted,
    Answer,
    Fault,
    Refusal,
    ServedModel,
    events_model,
    request_model,
)
from ghosteam.serving.scopes import require
from ghosteam.steps.json_body import as_of_body, fault_of, json_body
from ghosteam.steps.predict import PredictionService

MAX_BODY_BYTES = 1_000_000
# The most particular class comes first.
_STATUS: tuple[tuple[type[GhosteamError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (TooLarge, 413),
    (InvalidInput, 400),
    (Conflict, 409),
    (Transient, 503),
)
_FAULTS: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "No token, or none that is good"},
    403: {"model": Fault, "description": "A token without the scope of this route and problem"},
    429: {"model": Refusal, "description": "Too many requests"},
    **{status: {"model": Fault} for status in (400, 404, 413, 500, 503)},
}


def create_app(
    problems: Mapping[str, Problem], service: Callable[[], PredictionService]
) -> FastAPI:
    """The application. ``service`` is called in each request, so that a restored snapshot makes
    its own connections.
    """
    app = FastAPIOffline(
        docs_url=DOCS,
        redoc_url=None,
        openapi_url=DESCRIPTION,
        static_url=DOCS_FILES,
        title="Ghosteam",
        summary="Predictions of the problems deployed here",
        version="1",
        responses=_FAULTS,
        # The API's own authoriser checks the token before this function is called; this only tells
        # the docs about it.
        dependencies=[Depends(HTTPBearer(auto_error=False))],
    )
    app.add_middleware(_BodyLimit, limit=MAX_BODY_BYTES)
    for problem in problems.values():
        _add_routes(app, problem, service)

    @app.api_route("/v1/{problem}/{action}", methods=["GET", "POST"], include_in_schema=False)
    async def unknown(problem: str, action: str) -> None:
        find_problem(problems, problem)
        raise NotFound(
            f"There is no {action!r} of a problem by this method",
            where={"problem": problem},
            remedy=f"POST /v1/{problem}/predict or GET /v1/{problem}/model; see /docs",
        )

    app.openapi = _as_it_answers(app.openapi)  # type: ignore[method-assign]
    app.add_exception_handler(GhosteamError, _answer_fault)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)
    return app


def _as_it_answers(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """FastAPI's description without its own answer to a bad body, which is a 400 here."""

    def description() -> dict[str, Any]:
        document = describe()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document.get("components", {}).get("schemas", {}).pop(name, None)
        return document

    return description


def _add_routes(app: FastAPI, problem: Problem, service: Callable[[], PredictionService]) -> None:
    name = problem.problem

    # Both do blocking calls in the event loop on purpose: a Lambda container serves one request at
    # a time, and a thread pool would only add its start-up time.
    async def predict(request: Request) -> Answer:
        body = await json_body(request)
        try:
            return service().answer(problem, body)
        except ValidationError as error:
            raise as_of_body(error) from error

    async def model() -> ServedModel:
        return service().served_model(problem)

    def may_predict(request: Request) -> None:
        require(request.scope.get("aws.event", {}), "predict", name)

    shared: dict[str, Any] = {"tags": [name], "dependencies": [Depends(may_predict)]}
    app.post(f"/v1/{name}/predict", include_in_schema=False, **shared)(predict)
    # What may be sent depends on the models that serve; what is described is the folder's.
    app.add_api_route(
        f"/v1/{name}/predict",
        _described(request_model(problem)),
        methods=["POST"],
        name=f"predict_{name}",
        summary=f"Predict {problem.target.name}",
        response_model=Answer,
        **shared,
    )
    app.get(f"/v1/{name}/model", name=f"model_{name}", summary="What answers now", **shared)(model)
    # The gateway sends these to functions of their own; here they are only described.
    _describe(
        app,
        problem,
        "events",
        events_model(problem),
        f"Send events of {problem.events_name}: they land as a file and become training rows",
    )
    if problem.labels is not None:
        _describe(
            app,
            problem,
            "labels",
            labels_model(problem),
            f"Send outcomes of {problem.events_name}: the newest of an event counts, null "
            "withdraws it",
        )


def _describe(
    app: FastAPI, problem: Problem, what: str, body_type: type[BaseModel], summary: str
) -> None:
    app.add_api_route(
        f"/v1/{problem.problem}/{what}",
        _described(body_type),
        methods=["POST"],
        name=f"{what}_{problem.problem}",
        tags=[problem.problem],
        summary=summary,
        status_code=202,
        response_model=Accepted,
    )


def _described(body_type: type[BaseModel]) -> Callable[..., Awaitable[None]]:
    """A route that another one, or another function, answers."""

    async def elsewhere(body: BaseModel) -> None:
        raise NotFound("This is not taken here", remedy="Send it to the API's own address")

    # FastAPI reads the annotation; the body's type exists only for this problem.
    elsewhere.__annotations__["body"] = body_type
    return elsewhere


async def _answer_fault(request: Request, error: Exception) -> JSONResponse:
    """Faults of ours go to the log whole; the caller hears no more of them than what helps."""
    assert isinstance(error, GhosteamError)
    status = next((status for family, status in _STATUS if isinstance(error, family)), 500)
    if error.internal:
        status = 503 if isinstance(error, Transient) else 500
    if status >= 500:
        logger.error("request failed", extra={"fault": error.as_record(), "path": request.url.path})
    if not error.internal:
        return JSONResponse(error.as_record(), status)
    told = (
        Transient(
            "A part of the service does not answer just now", remedy="Try again in a few seconds"
        )
        if status == 503
        else Defect("The service failed in a way it did not expect", remedy="Its log says why")
    )
    return JSONResponse(told.as_record(), status)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """All faults of the body, each with the row and field that it is in; the first one also by
    itself.
    """
    assert isinstance(error, RequestValidationError)
    faults = [fault_of(found) for found in error.errors()]
    return JSONResponse(ManyFaults(faults).as_record(), 400)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own refusals: no such path, no such method."""
    assert isinstance(error, HTTPException)
    family = NotFound if error.status_code == 404 else InvalidInput
    fault = family(str(error.detail), where={"path": request.url.path}, remedy="See /docs")
    return JSONResponse(fault.as_record(), error.status_code)


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.exception("unexpected failure", exc_info=error, extra={"path": request.url.path})
    fault = Defect("The service failed in a way it did not expect", remedy="Its log says why")
    return JSONResponse(fault.as_record(), 500)


class _BodyLimit:
    """Refuses bodies over ``limit`` bytes before they are parsed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        messages, size = await _received(receive, self._limit)
        if size > self._limit:
            fault = TooLarge(
                f"The body is over {self._limit} bytes",
                where={"limit_bytes": self._limit},
                remedy="Send fewer rows a request",
            )
            await JSONResponse(fault.as_record(), 413)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)


async def _received(
    receive: Callable[[], Awaitable[Message]], limit: int
) -> tuple[list[Message], int]:
    messages, size, more = [], 0, True
    while more and size <= limit:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return messages, size


def write_record(write: Callable[[str], object], record: Mapping[str, Any]) -> None:
    """Write a log record as one line in one call: Lambda makes a log event of each call."""
    write(json.dumps(record, allow_nan=False, ensure_ascii=False) + "\n")
