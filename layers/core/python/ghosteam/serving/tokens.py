"""Access tokens: JSON Web Tokens signed with RSA and SHA-256 (RS256), as a user pool gives them.

Sources: RFC 7515 (signatures of tokens), RFC 7519 (claims), RFC 8017, section 8.2.2 (RSASSA-PKCS1-
v1_5: the encoding that is expected is compared as a whole, so that none is parsed); Amazon Cognito
developer guide, "Verifying JSON web tokens".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ghosteam.errors import Forbidden
from ghosteam.json_object import JsonObject

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of a SHA-256 digest. Source: RFC 8017, section 9.2, note 1."""
_SMALLEST_KEY = 2048
LONGEST_TOKEN = 8192


@dataclass(frozen=True)
class PublicKey:
    """An RSA key: ``modulus`` and ``exponent``."""

    modulus: int
    exponent: int

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the ``signature`` of ``message`` was made with the private half."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        encoded = pow(number, self.exponent, self.modulus).to_bytes(size, "big")
        digest = _SHA256 + hashlib.sha256(message).digest()
        filler = b"\xff" * (size - len(digest) - 3)
        return hmac.compare_digest(encoded, b"\x00\x01" + filler + b"\x00" + digest)


def public_key(document: JsonObject) -> PublicKey:
    """The key that a JSON Web Key (RFC 7517) holds. Raises ValueError for one that is no RSA key
    for signatures or is shorter than 2048 bits, and KeyError for one without its numbers.
    """
    made = PublicKey(_number(document["n"]), _number(document["e"]))
    usable = document.get("kty") == "RSA" and document.get("use", "sig") == "sig"
    if not usable or made.modulus.bit_length() < _SMALLEST_KEY:
        raise ValueError("the key is not one that signs tokens")
    return made


def scopes_of(
    token: str, *, key: Callable[[str], JsonObject | None], issuer: str, now: datetime
) -> str:
    """The scopes of a good access token, with spaces between them.

    ``key`` gives the issuer's JSON Web Key of an id.

    Raises:
        Forbidden: the token is not good; nothing of it is told.
    """
    try:
        header, claims, signed, signature = _parts(token)
        found = key(header["kid"]) if header.get("alg") == "RS256" else None
        good = (
            found is not None
            and public_key(found).has_signed(signed, signature)
            and claims.get("iss") == issuer
            and claims.get("token_use") == "access"
            and float(claims["exp"]) > now.timestamp()
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise Forbidden("The token is not good", remedy="Ask for a new one")
    return str(claims.get("scope", ""))


def _parts(token: str) -> tuple[JsonObject, JsonObject, bytes, bytes]:
    if len(token) > LONGEST_TOKEN:
        raise ValueError("the token is too long")
    header, claims, signature = token.split(".")
    return (
        dict(json.loads(_bytes(header))),
        dict(json.loads(_bytes(claims))),
        f"{header}.{claims}".encode(),
        _bytes(signature),
    )


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
