"""What a token lets its bearer do: scopes by purpose and problem, and ``admin``, which is all of
them.

``predict:<problem>`` asks for predictions and for what serves; ``write:<problem>`` sends events and
outcomes, which become training rows. The function authorize_caller checks that a token is ours and
good; what it opens is checked here.

A scope belongs to a resource server of the user pool, which takes 100 of them: the problems are
spread over 16 servers by their names, so that a problem's scope is called the same whatever other
problems there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal

from ghosteam.errors import Forbidden

SERVER = "ghosteam"
"""Name of the resource server of what concerns all problems; the others' begin with it."""
ADMIN = "admin"
Purpose = Literal["predict", "write"]
PURPOSES: tuple[Purpose, ...] = ("predict", "write")


def scope_of(purpose: Purpose, problem: str) -> str:
    """A scope's name, such as ``predict:flights``."""
    return f"{purpose}:{problem}"


def server_of(problem: str) -> str:
    """Name of the resource server of a problem's scopes, such as ``ghosteam-7``."""
    return f"{SERVER}-{blake2b(problem.encode(), digest_size=1).hexdigest()[0]}"


def whole(scope: str) -> str:
    """A scope as tokens name it, with its resource server: ``ghosteam-7/predict:flights``."""
    _, _, problem = scope.partition(":")
    return f"{server_of(problem) if problem else SERVER}/{scope}"


def client_parameter(scope: str) -> str:
    """Parameter that holds the id of the client with this scope, below the deployment's own
    prefix.
    """
    return f"clients/{scope.replace(':', '/')}"


def require(event: Mapping[str, object], purpose: Purpose, problem: str) -> None:
    """Let a request to the HTTP API (``event``, payload 2.0) pass whose token has the scope.

    Raises:
        Forbidden: it has not; a request that came without a token's scopes has none.
    """
    told: object = event
    for part in ("requestContext", "authorizer", "lambda"):
        told = told.get(part) if isinstance(told, Mapping) else None
    given = str(told.get("scope", "")).split() if isinstance(told, Mapping) else []
    needed = whole(scope_of(purpose, problem))
    if not {needed, whole(ADMIN)} & set(given):
        raise Forbidden(
            f"The token does not have the scope {needed}",
            where={"problem": problem},
            remedy="Ask for a token with that scope, from a client that may have it",
        )
