"""Endpoint container: ``GET /ping``, ``POST /invocations`` with ``{"rows": [{feature: value or
null}]}``.

The answer is ``{"outputs": [name, ...], "rows": [[value, ...], ...], "version": "..."}``; the
version also comes back in SageMaker's custom attributes. The model is loaded before the port opens,
so that a container that answers is one that can predict.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ghosteam.errors import Defect, InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.learning.package import Predictor, load_model

VERSION_HEADER = "X-Amzn-SageMaker-Custom-Attributes"
MAX_ROWS = 10_000


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Serve the model in ``<base>/model`` until SIGTERM."""
    version = os.environ.get("GHOSTEAM_MODEL_VERSION")
    if not version:
        raise Defect(
            "GHOSTEAM_MODEL_VERSION is not set", remedy="Give the model's container its version"
        )
    digest = os.environ.get("GHOSTEAM_MODEL_DIGEST")
    if not digest:
        raise Defect(
            "GHOSTEAM_MODEL_DIGEST is not set",
            remedy="Give the model's container its package's digest",
        )
    app = application(load_model(base / "model", digest=digest), version)
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    uvicorn.run(app, host="0.0.0.0", port=port, log_level="warning", access_log=False)


def application(predictor: Predictor, version: str) -> Starlette:
    """The ASGI application of one model."""
    headers = {VERSION_HEADER: version}

    async def ping(_request: Request) -> Response:
        return Response(status_code=200)

    async def invocations(request: Request) -> Response:
        rows = parse_rows(await request.body())
        found = predictor.predict(rows).tolist()
        answer = {"outputs": predictor.manifest.outputs, "rows": found, "version": version}
        return JSONResponse(answer, headers=headers)

    async def refuse(_request: Request, error: Exception) -> Response:
        assert isinstance(error, InvalidInput)
        return JSONResponse(error.as_record(), status_code=400, headers=headers)

    return Starlette(
        routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])],
        exception_handlers={InvalidInput: refuse},
    )


def parse_rows(body: bytes) -> list[JsonObject]:
    """The rows of a request's body.

    Raises:
        InvalidInput: says where the body is not JSON, or which field has another form.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise InvalidInput(
            f"The body is not JSON: {error}", where={"field": "body"}, remedy="Send a JSON object"
        ) from error
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise InvalidInput(
            "The body has no list 'rows'",
            where={"field": "rows"},
            remedy='Send {"rows": [{feature: value}]}',
        )
    if len(rows) > MAX_ROWS:
        raise InvalidInput(
            f"There are {len(rows)} rows",
            where={"field": "rows"},
            remedy=f"Send at most {MAX_ROWS} at once",
        )
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidInput(
                "A row is not an object",
                where={"row": index},
                remedy="Send each row as {feature: value}",
            )
    return rows
