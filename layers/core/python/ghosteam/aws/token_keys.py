"""The keys that a user pool signs its tokens with, fetched from the pool and kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING
from urllib.request import urlopen

from ghosteam.errors import Transient
from ghosteam.json_object import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_TIMEOUT_SECONDS = 2.0
_PAUSE_SECONDS = 60.0
"""So long nobody asks the pool again, however many tokens name a key that it does not have."""
_LARGEST = 150_000


class TokenKeys:
    """``client`` is a boto3 Cognito client, whose address publishes the keys of the ``pool``.
    ``fetch`` opens a URL within a time in seconds.
    """

    def __init__(
        self,
        client: CognitoIdentityProviderClient,
        pool: str,
        *,
        fetch: Callable[[str, float], IO[bytes]] = lambda url, limit: urlopen(url, timeout=limit),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._pool, self._fetch, self._clock = client, pool, fetch, clock
        self._keys: dict[str, JsonObject] = {}
        self._asked = float("-inf")

    def find(self, id: str) -> JsonObject | None:
        """The JSON Web Key called ``id``; the pool is asked where it is not known yet, for pools
        change their keys.

        Raises:
            Transient: the pool does not answer.
        """
        if id not in self._keys and self._clock() - self._asked >= _PAUSE_SECONDS:
            try:
                with self._fetch(self._url(), _TIMEOUT_SECONDS) as answer:
                    found = json.loads(answer.read(_LARGEST))["keys"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise Transient(
                    f"The keys of the user pool cannot be read: {error}", internal=True
                ) from error
            self._keys = {str(key.get("kid")): key for key in found}
            self._asked = self._clock()
        return self._keys.get(id)

    def _url(self) -> str:
        return f"{self._client.meta.endpoint_url}/{self._pool}/.well-known/jwks.json"
