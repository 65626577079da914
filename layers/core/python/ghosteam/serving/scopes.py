"""What a token lets its bearer do: scopes by purpose and problem, and ``admin``, which is all of
them.

``predict:<problem>`` asks for predictions and for what serves; ``write:<problem>`` sends events and
outcomes, which become training rows. The gateway checks that a token is ours and good; which
problem it opens is checked here, for a route of the gateway takes ten scopes at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ghosteam.errors import Forbidden

SERVER = "ghosteam"
"""The resource server's name, which a token's scopes begin with."""
ADMIN = "admin"
Purpose = Literal["predict", "write"]
PURPOSES: tuple[Purpose, ...] = ("predict", "write")


def scope_of(purpose: Purpose, problem: str) -> str:
    """A scope's name, such as ``predict:flights``."""
    return f"{purpose}:{problem}"


def client_parameter(scope: str) -> str:
    """Parameter that holds the id of the client with this scope, below the deployment's own
    prefix.
    """
    return f"clients/{scope.replace(':', '/')}"


def require(event: Mapping[str, Any], purpose: Purpose, problem: str) -> None:
    """Let a request to the HTTP API (``event``, payload 2.0) pass whose token has the scope.

    Raises:
        Forbidden: it has not; a request that came without a token's claims has none.
    """
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims", {})
    given = str(claims.get("scope", "")).split()
    needed = scope_of(purpose, problem)
    if not {f"{SERVER}/{needed}", f"{SERVER}/{ADMIN}"} & set(given):
        raise Forbidden(
            f"The token does not have the scope {SERVER}/{needed}",
            where={"problem": problem},
            remedy="Ask for a token with that scope, from a client that may have it",
        )
