from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import reload
from pathlib import Path
from typing import Any

import pytest

from functions.accept_labels import handler as accept_function
from ghosteam.runtime import problems
from ghosteam.serving.scopes import whole
from tests.builders import REPOSITORY
from tests.unit.functions.data_account import DataAccount, data_account
from tests.unit.labels.test_accept_labels import EVENT, TEXT, TOLD


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DataAccount]:
    reload(accept_function)  # as a cold start does
    (tmp_path / "trips").mkdir()
    (tmp_path / "trips" / "problem.yaml").write_text(TEXT, encoding="utf-8")
    with data_account(monkeypatch) as account:
        monkeypatch.setenv("GHOSTEAM_FEATURE_REPO", str(tmp_path))
        problems.repository.cache_clear()
        problems.deployed_problems.cache_clear()
        yield account


def _post(body: object, problem: str = "trips", scope: str = "ghosteam/admin") -> dict[str, Any]:
    request = {
        "requestContext": {"authorizer": {"lambda": {"scope": scope}}},
        "version": "2.0",
        "routeKey": "POST /v1/{problem}/labels",
        "pathParameters": {"problem": problem},
        "isBase64Encoded": False,
        "body": json.dumps(body),
    }
    return accept_function.handler(request, None)


def test_posted_labels_are_accepted_and_land(account: DataAccount) -> None:
    answer = _post({"labels": [{**EVENT, **TOLD}] * 2})
    assert answer["statusCode"] == 202, answer
    body = json.loads(answer["body"])
    assert body["accepted"] == 2
    assert account.s3.get_object(Bucket="landing", Key=body["key"])["Body"].read().count(b"\n") == 2


def test_faults_are_told_with_row_and_field_and_nothing_lands(account: DataAccount) -> None:
    answer = _post({"labels": [{**EVENT, **TOLD}, {**EVENT, **TOLD, "delay": "x"}, 7]})
    assert answer["statusCode"] == 400
    told = json.loads(answer["body"])
    assert told["where"] == {"row": 1, "field": "delay"} and told["error"] == "InvalidInput"
    assert [fault["where"]["row"] for fault in told["faults"]] == [1, 2]
    assert account.s3.list_objects_v2(Bucket="landing").get("Contents", []) == []
    assert _post({}, problem="trains")["statusCode"] == 404


@pytest.mark.parametrize("scope", [whole("predict:trips"), whole("write:trains"), ""])
def test_who_may_ask_may_not_write(account: DataAccount, scope: str) -> None:
    body = {"labels": [{**EVENT, **TOLD}]}
    assert _post(body, scope=scope)["statusCode"] == 403
    assert account.s3.list_objects_v2(Bucket="landing").get("Contents", []) == []
    assert _post(body, scope=whole("write:trips"))["statusCode"] == 202


def test_the_function_does_not_need_the_data_layer() -> None:
    script = (
        "import sys, functions.accept_labels.handler; print([m for m in ('polars', 'pandera', "
        "'numpy') if m in sys.modules])"
    )
    paths = [str(REPOSITORY.parent), str(REPOSITORY.parent / "layers" / "core" / "python")]
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
