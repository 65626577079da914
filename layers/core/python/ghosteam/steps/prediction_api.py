"""The HTTP API: two routes for all problems, one form for every error."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ghosteam.errors import (
    Defect,
    GhosteamError,
    InvalidInput,
    ManyFaults,
    NotFound,
    TooLarge,
    Transient,
)
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.http_status import status_of
from ghosteam.runtime.observability import begin_request, logger
from ghosteam.serving.paths import ACTIONS, DESCRIPTION, DOCS, DOCS_FILES, OTHER_METHODS
from ghosteam.serving.request import Answer, ServedModel
from ghosteam.serving.scopes import require
from ghosteam.steps.api_description import Description
from ghosteam.steps.json_body import as_of_body, fault_of, json_body
from ghosteam.steps.predict import PredictionService

MAX_BODY_BYTES = 1_000_000


def create_app(
    problems: Mapping[str, Problem], service: Callable[[], PredictionService]
) -> FastAPI:
    """The application. ``service`` is called in each request, so that a restored snapshot makes
    its own connections. A problem is read by the first request that names it.
    """
    description = Description(problems)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(_BodyLimit, limit=MAX_BODY_BYTES)
    app.add_middleware(_Correlated)

    def asked(request: Request, problem: str) -> Problem:
        found = find_problem(problems, problem)
        require(request.scope.get("aws.event", {}), "predict", problem)
        return found

    # Both do blocking calls in the event loop on purpose: a Lambda container serves one request at
    # a time, and a thread pool would only add its start-up time.
    @app.post("/v1/{problem}/predict")
    async def predict(request: Request, problem: str) -> Answer:
        found = asked(request, problem)
        body = await json_body(request, limit=MAX_BODY_BYTES)
        try:
            return service().answer(found, body)
        except ValidationError as error:
            raise as_of_body(error) from error

    @app.get("/v1/{problem}/model")
    async def model(request: Request, problem: str) -> ServedModel:
        return service().served_model(asked(request, problem))

    # The gateway gives it every other method of a path of ours, those of other functions too.
    @app.api_route("/v1/{problem}/{action}", methods=[*OTHER_METHODS, "GET", "POST"])
    async def unknown(request: Request, problem: str, action: str) -> None:
        find_problem(problems, problem)
        if action in ACTIONS:
            method = ACTIONS[action]
            told = f"{action} is asked for by {method}, not by {request.method}"
            raise HTTPException(405, told, {"Allow": method})
        raise NotFound(
            f"There is no {action!r} of a problem",
            where={"problem": problem},
            remedy=f"POST /v1/{problem}/predict or GET /v1/{problem}/model; see /docs",
        )

    @app.get(DESCRIPTION)
    async def describe(problem: str | None = None) -> JSONResponse:
        return JSONResponse(description.document(problem))

    @app.get(DOCS)
    async def docs(problem: str | None = None) -> HTMLResponse:
        return description.page(problem)

    # FastAPIOffline brings the files of the page, so that it needs no other host.
    app.mount(DOCS_FILES, StaticFiles(directory=str(files("fastapi_offline") / "static")))
    app.add_exception_handler(GhosteamError, _answer_fault)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)
    return app


async def _answer_fault(request: Request, error: Exception) -> JSONResponse:
    """Faults of ours go to the log whole; the caller hears no more of them than what helps."""
    assert isinstance(error, GhosteamError)
    status = status_of(error)
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
    return JSONResponse(fault.as_record(), error.status_code, error.headers)


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.exception("unexpected failure", exc_info=error, extra={"path": request.url.path})
    fault = Defect("The service failed in a way it did not expect", remedy="Its log says why")
    return JSONResponse(fault.as_record(), 500)


class _Correlated:
    """Gives the lines of the log, and the answer, the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        header = begin_request(scope.get("aws.event", {}))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                pairs = ((name.encode(), value.encode()) for name, value in header.items())
                message = {**message, "headers": [*message["headers"], *pairs]}
            await send(message)

        await self._app(scope, receive, told)


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


def write_record(write: Callable[[str], object], record: Mapping[str, object]) -> None:
    """Write a log record as one line in one call: Lambda makes a log event of each call."""
    write(json.dumps(record, allow_nan=False, ensure_ascii=False) + "\n")
