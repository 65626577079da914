"""What the HTTP API says of itself: an OpenAPI document with typed fields for each problem, made
when it is asked for.

Describing a problem takes a tenth of a second where it has 200 features, and 60 kB: requests do not
wait for it, and a deployment of many problems describes them one by one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from ghosteam.errors import NotFound
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.events import events_model
from ghosteam.serving.labels import labels_model
from ghosteam.serving.paths import DESCRIPTION, DOCS_FILES
from ghosteam.serving.request import (
    Accepted,
    Answer,
    Fault,
    Refusal,
    ServedModel,
    request_model,
)

MOST_TOGETHER = 10
"""Problems that one document describes; of more, each has a document of its own."""
_TITLE = "Ghosteam"
_SUMMARY = "Predictions of the problems deployed here"
_FAULTS: dict[int | str, JsonObject] = {
    401: {"model": Refusal, "description": "No token"},
    403: {
        "model": Fault | Refusal,
        "description": "A token that is not good, or has not the scope of this route and problem",
    },
    429: {"model": Refusal, "description": "Too many requests"},
    **{status: {"model": Fault} for status in (400, 404, 413, 500, 503)},
}


class Description:
    """Of the ``problems`` by name."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        self._problems = problems
        self._made = lru_cache(maxsize=MOST_TOGETHER)(self._make)

    def document(self, name: str | None) -> JsonObject:
        """The OpenAPI document of the problem ``name``, or of all (None): where there are many, one
        that says only which.

        Raises:
            NotFound: there is no such problem.
        """
        if name is not None:
            find_problem(self._problems, name)
        return self._made(name)

    def page(self, name: str | None) -> HTMLResponse:
        """A page that shows the document. Raises NotFound as :meth:`document` does."""
        if name is not None:
            find_problem(self._problems, name)
        return get_swagger_ui_html(
            openapi_url=DESCRIPTION if name is None else f"{DESCRIPTION}?problem={name}",
            title=f"{_TITLE} - Swagger UI",
            swagger_js_url=f"{DOCS_FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{DOCS_FILES}/swagger-ui.css",
            swagger_favicon_url=f"{DOCS_FILES}/favicon.png",
        )

    def _make(self, name: str | None) -> JsonObject:
        if name is None and len(self._problems) > MOST_TOGETHER:
            return _many(self._problems)
        names = self._problems if name is None else (name,)
        app = FastAPI(
            title=_TITLE,
            summary=_SUMMARY,
            version="1",
            responses=_FAULTS,
            # The API's own authoriser checks the token; this only tells the docs about it.
            dependencies=[Depends(HTTPBearer(auto_error=False))],
        )
        for one in names:
            _add_routes(app, self._problems[one])
        return _as_it_answers(app.openapi())


def _many(problems: Mapping[str, Problem]) -> JsonObject:
    links = "\n".join(f"- [{name}](/docs?problem={name})" for name in problems)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _TITLE,
            "summary": _SUMMARY,
            "version": "1",
            "description": f"Each problem has a description of its own:\n\n{links}",
        },
        "paths": {},
    }


def _as_it_answers(document: JsonObject) -> JsonObject:
    """FastAPI's description without its own answer to a bad body, which is a 400 here."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
    return document


def _add_routes(app: FastAPI, problem: Problem) -> None:
    name = problem.problem
    # What may be sent depends on the models that serve; what is described is the folder's.
    app.add_api_route(
        f"/v1/{name}/predict",
        _described(request_model(problem)),
        methods=["POST"],
        name=f"predict_{name}",
        tags=[name],
        summary=f"Predict {problem.target.name}",
        response_model=Answer,
    )
    app.add_api_route(
        f"/v1/{name}/model",
        _described(None),
        methods=["GET"],
        name=f"model_{name}",
        tags=[name],
        summary="What answers now",
        response_model=ServedModel,
    )
    bodies = {
        "events": (
            events_model(problem),
            f"Send events of {problem.events_name}: they land as a file and become training rows",
        )
    }
    if problem.labels is not None:
        bodies["labels"] = (
            labels_model(problem),
            f"Send outcomes of {problem.events_name}: the newest of an event counts, null "
            "withdraws it",
        )
    for what, (body_type, summary) in bodies.items():
        app.add_api_route(
            f"/v1/{name}/{what}",
            _described(body_type),
            methods=["POST"],
            name=f"{what}_{name}",
            tags=[name],
            summary=summary,
            status_code=202,
            response_model=Accepted,
        )


def _described(body_type: type[BaseModel] | None) -> Callable[..., Awaitable[None]]:
    """A route that is described here and answered elsewhere."""

    async def without_body() -> None:
        raise NotFound("This is not taken here", remedy="Send it to the API's own address")

    async def with_body(body: BaseModel) -> None:
        await without_body()

    if body_type is None:
        return without_body
    # FastAPI reads the annotation; the body's type exists only for this problem.
    with_body.__annotations__["body"] = body_type
    return with_body
