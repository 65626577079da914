from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import reload
from typing import Any

import pytest

from functions.accept_events import handler as accept_function
from tests.builders import REPOSITORY, flights
from tests.unit.functions.data_account import DataAccount, data_account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataAccount]:
    reload(accept_function)  # as a cold start does
    with data_account(monkeypatch) as account:
        yield account


def _post(
    body: str | None, problem: str = "flights", scope: str = "ghosteam/admin"
) -> dict[str, Any]:
    claims = {"requestContext": {"authorizer": {"lambda": {"scope": scope}}}}
    request = {
        **claims,
        "version": "2.0",
        "routeKey": "POST /v1/{problem}/events",
        "pathParameters": {"problem": problem},
    }
    return accept_function.handler(
        {**request, "isBase64Encoded": False, **({"body": body} if body is not None else {})}, None
    )


def test_posted_events_are_accepted_and_land(account: DataAccount) -> None:
    answer = _post(json.dumps({"events": flights(2)}))
    assert answer["statusCode"] == 202
    body = json.loads(answer["body"])
    assert body["accepted"] == 2
    assert account.s3.get_object(Bucket="landing", Key=body["key"])["Body"].read().count(b"\n") == 2


@pytest.mark.parametrize(
    ("body", "problem", "status"),
    [
        (None, "flights", 400),
        ("{}", "flights", 400),
        ("{}", "trains", 404),
        (" " * 4_000_001, "flights", 413),
    ],
)
def test_a_request_that_cannot_be_used_gets_a_clear_answer(
    account: DataAccount, body: str | None, problem: str, status: int
) -> None:
    answer = _post(body, problem)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["remedy"]


@pytest.mark.parametrize("scope", ["ghosteam-8/predict:flights", "ghosteam-5/write:trains", ""])
def test_who_may_ask_may_not_write(account: DataAccount, scope: str) -> None:
    answer = _post(json.dumps({"events": flights(2)}), scope=scope)
    assert answer["statusCode"] == 403
    assert account.s3.list_objects_v2(Bucket="landing").get("Contents", []) == []
    assert (
        _post(json.dumps({"events": flights(2)}), scope="ghosteam-8/write:flights")["statusCode"]
        == 202
    )


def test_the_function_does_not_need_the_data_layer() -> None:
    script = (
        "import sys, functions.accept_events.handler; print([m for m in ('polars', "
        "'pandera', "
        "'numpy') if m in sys.modules])"
    )
    paths = os.pathsep.join(
        [str(REPOSITORY.parent), str(REPOSITORY.parent / "layers" / "core" / "python")]
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
