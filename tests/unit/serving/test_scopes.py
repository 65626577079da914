"""Every route against every scope and another problem."""

from __future__ import annotations

import pytest

from ghosteam.errors import Forbidden
from ghosteam.serving.scopes import PURPOSES, Purpose, require


def event(scope: str | None) -> dict[str, object]:
    claims = {} if scope is None else {"scope": scope}
    return {"requestContext": {"authorizer": {"jwt": {"claims": claims}}}}


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("ghosteam/predict:flights", {"predict"}),
        ("ghosteam/write:flights", {"write"}),
        ("ghosteam/predict:flights ghosteam/write:flights", {"predict", "write"}),
        ("ghosteam/admin", {"predict", "write"}),
        ("ghosteam/predict:trains ghosteam/write:trains", set()),
        ("ghosteam/predict:flights2 ghosteam/write:flight", set()),
        ("ghosteam/predict", set()),
        ("predict:flights write:flights admin", set()),
        ("other/predict:flights other/write:flights other/admin", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_a_scope_opens_its_purpose_of_its_problem(
    purpose: Purpose, scope: str | None, opens: set[str]
) -> None:
    if purpose in opens:
        require(event(scope), purpose, "flights")
        return
    with pytest.raises(Forbidden, match=f"does not have the scope ghosteam/{purpose}:flights"):
        require(event(scope), purpose, "flights")


@pytest.mark.parametrize(
    "without_claims", [{}, {"requestContext": {}}, {"requestContext": {"authorizer": {}}}]
)
def test_a_request_without_claims_may_nothing(without_claims: dict[str, object]) -> None:
    with pytest.raises(Forbidden):
        require(without_claims, "predict", "flights")
