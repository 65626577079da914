"""Every route against every scope and another problem."""

from __future__ import annotations

import pytest

from ghosteam.errors import Forbidden
from ghosteam.serving.scopes import PURPOSES, Purpose, require


def event(scope: str | None) -> dict[str, object]:
    told = None if scope is None else {"scope": scope}
    return {"requestContext": {"authorizer": {"lambda": told}}}


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("ghosteam-8/predict:flights", {"predict"}),
        ("ghosteam-8/write:flights", {"write"}),
        ("ghosteam-8/predict:flights ghosteam-8/write:flights", {"predict", "write"}),
        ("ghosteam/admin", {"predict", "write"}),
        ("ghosteam-5/predict:trains ghosteam-5/write:trains", set()),
        ("ghosteam-8/predict:flights2 ghosteam-8/write:flight", set()),
        ("ghosteam-8/predict", set()),
        ("ghosteam/predict:flights ghosteam/write:flights", set()),
        ("ghosteam-8/admin", set()),
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
    with pytest.raises(Forbidden, match=f"does not have the scope ghosteam-8/{purpose}:flights"):
        require(event(scope), purpose, "flights")


@pytest.mark.parametrize(
    "without_claims", [{}, {"requestContext": {}}, {"requestContext": {"authorizer": {}}}]
)
def test_a_request_without_claims_may_nothing(without_claims: dict[str, object]) -> None:
    with pytest.raises(Forbidden):
        require(without_claims, "predict", "flights")
