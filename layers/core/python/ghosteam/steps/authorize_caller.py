"""Use case: is the token of a request one of ours and good? What it opens is for the functions
behind the routes to say.
"""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.token_keys import TokenKeys
from ghosteam.errors import Forbidden
from ghosteam.runtime.calls import AuthorizerRequest
from ghosteam.serving.tokens import scopes_of

_SCHEME = "bearer"


def authorize_caller(
    request: AuthorizerRequest, *, keys: TokenKeys, issuer: str, now: datetime
) -> dict[str, object]:
    """The answer of an HTTP API's Lambda authorizer (format 2.0, simple): whether the request may
    go on, and the token's scopes for the function that it goes to.

    Raises:
        Transient: the user pool's keys cannot be read.
    """
    source = request.get("identitySource") or [""]
    scheme, _, token = str(source[0]).strip().partition(" ")
    try:
        if scheme.lower() != _SCHEME:
            raise Forbidden("There is no bearer token")
        scopes = scopes_of(token.strip(), key=keys.find, issuer=issuer, now=now)
    except Forbidden:
        return {"isAuthorized": False}
    return {"isAuthorized": True, "context": {"scope": scopes}}
