"""Tokens: only one that the pool has signed, for us, and that has not ended, is good."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.token_keys import TokenKeys
from ghosteam.errors import Forbidden, Transient
from ghosteam.serving.tokens import LONGEST_TOKEN, public_key, scopes_of
from ghosteam.steps.authorize_caller import authorize_caller

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool"
CLAIMS = {
    "iss": ISSUER,
    "token_use": "access",
    "exp": int(NOW.timestamp()) + 60,
    "scope": "ghosteam-8/predict:flights",
}
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(private: rsa.RSAPrivateKey = PRIVATE, **more: Any) -> dict[str, Any]:
    found = private.public_key().public_numbers()
    return {
        "kid": "one",
        "kty": "RSA",
        "use": "sig",
        "n": number(found.n),
        "e": number(found.e),
    } | more


def token(
    claims: dict[str, Any] = CLAIMS,
    *,
    private: rsa.RSAPrivateKey = PRIVATE,
    header: dict[str, Any] | None = None,
    scheme: Any = None,
    digest: Any = None,
) -> str:
    head = text(json.dumps({"alg": "RS256", "kid": "one", **(header or {})}).encode())
    body = text(json.dumps(claims).encode())
    signature = private.sign(
        f"{head}.{body}".encode(), scheme or padding.PKCS1v15(), digest or hashes.SHA256()
    )
    return f"{head}.{body}.{text(signature)}"


def read(given: str) -> str:
    return scopes_of(given, key={"one": jwk()}.get, issuer=ISSUER, now=NOW)


def test_a_good_token_tells_its_scopes() -> None:
    assert read(token()) == "ghosteam-8/predict:flights"
    assert read(token({k: v for k, v in CLAIMS.items() if k != "scope"})) == ""


BAD: dict[str, Callable[[], str]] = {
    "signed with another key": lambda: token(private=OTHER),
    "by a key that is not known": lambda: token(header={"kid": "two"}),
    "without a key": lambda: token(header={"kid": None}),
    "not signed": lambda: token(header={"alg": "none"}).rpartition(".")[0] + ".",
    "of an algorithm with a shared secret": lambda: token(header={"alg": "HS256"}),
    "with another padding": lambda: token(scheme=padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
    "with another digest": lambda: token(digest=hashes.SHA512()),
    "of another pool": lambda: token({**CLAIMS, "iss": ISSUER + "2"}),
    "for who somebody is": lambda: token({**CLAIMS, "token_use": "id"}),
    "that has ended": lambda: token({**CLAIMS, "exp": int(NOW.timestamp())}),
    "without an end": lambda: token({k: v for k, v in CLAIMS.items() if k != "exp"}),
    "whose end is no number": lambda: token({**CLAIMS, "exp": "later"}),
    "of two parts": lambda: ".".join(token().split(".")[:2]),
    "empty": lambda: "",
    "no base64": lambda: "ä.ö.ü",
    "that is a list": lambda: f"{text(b'[]')}.{text(b'[]')}.{text(b'x')}",
    "too long": lambda: token({**CLAIMS, "more": "x" * LONGEST_TOKEN}),
}


@pytest.mark.parametrize("what", BAD)
def test_a_token_is_refused_that_is(what: str) -> None:
    with pytest.raises(Forbidden, match="not good"):
        read(BAD[what]())


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_is_overlooked(place: int, change: int) -> None:
    head, body, signature = token().split(".")
    data = bytearray(base64.urlsafe_b64decode(signature + "=="))
    data[place % len(data)] ^= change
    with pytest.raises(Forbidden):
        read(f"{head}.{body}.{text(bytes(data))}")
    with pytest.raises(Forbidden):
        read(f"{head}.{text(json.dumps({**CLAIMS, 'scope': str(place)}).encode())}.{signature}")


@given(st.text())
def test_any_text_is_refused_and_nothing_else_happens(given: str) -> None:
    with pytest.raises(Forbidden):
        read(given)


def test_a_key_for_something_else_or_a_short_one_signs_nothing() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for key in (jwk(use="enc"), jwk(kty="EC"), jwk(short)):
        with pytest.raises(ValueError, match="not one that signs"):
            public_key(key)


class Pool:
    """Answers with its key set, and counts how often."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys, self.asked, self.now, self.broken = list(keys), 0, 1000.0, False

    def fetch(self, url: str, limit: float) -> io.BytesIO:
        assert url == "https://cognito/pool/.well-known/jwks.json" and limit > 0
        self.asked += 1
        if self.broken:
            raise TimeoutError("no answer")
        return io.BytesIO(json.dumps({"keys": self.keys}).encode())

    def known(self) -> TokenKeys:
        client: Any = SimpleNamespace(meta=SimpleNamespace(endpoint_url="https://cognito"))
        return TokenKeys(client, "pool", fetch=self.fetch, clock=lambda: self.now)


def test_the_pool_is_asked_once_and_again_when_it_may_have_new_keys() -> None:
    pool = Pool(jwk())
    keys = pool.known()
    assert keys.find("one") and keys.find("one") and keys.find("two") is None
    assert pool.asked == 1  # whoever makes up keys asks nothing
    pool.keys.append(jwk(OTHER, kid="two"))
    pool.now += 60
    assert keys.find("two") and pool.asked == 2


def test_a_pool_that_does_not_answer_is_a_passing_fault_and_is_asked_again() -> None:
    pool = Pool(jwk())
    keys, pool.broken = pool.known(), True
    with pytest.raises(Transient):
        keys.find("one")
    pool.broken = False
    assert keys.find("one")


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        (["Bearer {}"], True),
        (["bearer {}"], True),
        (["{}"], False),
        (["Basic {}"], False),
        ([""], False),
        ([], False),
        (None, False),
    ],
)
def test_the_gateway_is_told_whether_a_request_may_go_on(source: Any, passes: bool) -> None:
    request = {"identitySource": source and [one.format(token()) for one in source]}
    answer = authorize_caller(request, keys=Pool(jwk()).known(), issuer=ISSUER, now=NOW)
    told = {"isAuthorized": True, "context": {"scope": CLAIMS["scope"]}}
    assert answer == (told if passes else {"isAuthorized": False})
