"""HTTP APIs answer under the host name that AWS gives them,
`<id>.execute-api.<region>.amazonaws.com`, too; and one at a plain address, GHOSTEAM_API_PORT of
this machine.

ministack knows only `<id>.execute-api.localhost`. An address that a stack put into its outputs
would reach nothing, and no name below localhost resolves in every program: browsers and curl take
it for this machine, Python asks a name server.
"""

import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from local.account import seams

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def install() -> None:
    """Widen the pattern that takes the API's id (group 1) from the Host header, and listen at the
    plain address.
    """
    import hypercorn.asyncio
    from ministack import app

    own_host = re.escape(seams.require(app, "_MINISTACK_HOST"))
    pattern = re.compile(
        rf"^([a-f0-9]{{8}})\.execute-api\.(?:{own_host}|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$"
    )
    seams.replace(app, "_EXECUTE_API_RE", lambda _: pattern)
    if port := os.environ.get("GHOSTEAM_API_PORT"):
        seams.replace(hypercorn.asyncio, "serve", lambda original: _serving(original, int(port)))


def _serving(original: Callable[..., Awaitable[None]], port: int) -> Callable[..., Awaitable[None]]:
    async def serve(application: Application, config: Any, **more: Any) -> None:
        config.bind = [*config.bind, f"{config.bind[0].rpartition(':')[0]}:{port}"]
        await original(_with_plain_address(application, port), config, **more)

    return serve


def _with_plain_address(application: Application, port: int) -> Application:
    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["server"][1] != port:
            await application(scope, receive, send)
            return
        api = _newest_api()
        if api is None:
            await send(
                {
                    "type": "http.response.start",
                    "status": 404,
                    "headers": [(b"content-type", b"text/plain")],
                }
            )
            await send(
                {
                    "type": "http.response.body",
                    "body": b"No API is deployed in this account. Run: ./ghosteam deploy\n",
                }
            )
            return
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        await application(
            {**scope, "headers": [(b"host", f"{api}.execute-api.localhost".encode()), *others]},
            receive,
            send,
        )

    return answer


def _newest_api() -> str | None:
    from ministack.services import apigateway

    apis = list(seams.require(apigateway, "_apis").values())
    return str(max(apis, key=lambda api: str(api["createdDate"]))["apiId"]) if apis else None
