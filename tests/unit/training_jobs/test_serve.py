from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from tests.learning_builders import predictor, rows
from training_jobs.serve import MAX_ROWS, VERSION_HEADER, application

MODEL = predictor(rows(600))
ROW = {"line": "red", "wind": 0.5}


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(MODEL, "7"))


def test_a_container_that_answers_is_healthy(client: TestClient) -> None:
    assert client.get("/ping").status_code == 200


def test_outputs_come_in_the_order_of_the_rows_with_the_models_version(client: TestClient) -> None:
    sent: list[dict[str, object]] = [
        dict(ROW),
        {"line": None, "wind": None},
        {"line": "purple", "wind": -1},
    ]
    answer = client.post("/invocations", json={"rows": sent})
    assert answer.status_code == 200
    assert answer.headers[VERSION_HEADER] == "7"
    assert answer.json() == {
        "outputs": ["late"],
        "rows": MODEL.predict(sent).tolist(),
        "version": "7",
    }


def test_no_rows_give_no_outputs(client: TestClient) -> None:
    assert client.post("/invocations", json={"rows": []}).json()["rows"] == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", {"field": "body"}),
        (b"\xff", {"field": "body"}),
        (b"[]", {"field": "rows"}),
        (b'{"rows": 3}', {"field": "rows"}),
        (b'{"rows": [4]}', {"row": 0}),
        (json.dumps({"rows": [ROW, {"line": "red"}]}).encode(), {"row": 1, "field": "wind"}),
        (
            json.dumps({"rows": [{"line": "red", "wind": "strong"}]}).encode(),
            {"row": 0, "field": "wind"},
        ),
        (json.dumps({"rows": [ROW] * (MAX_ROWS + 1)}).encode(), {"field": "rows"}),
    ],
)
def test_a_bad_body_is_refused_with_its_place_and_a_remedy(
    client: TestClient, body: bytes, where: dict[str, object]
) -> None:
    answer = client.post("/invocations", content=body)
    assert answer.status_code == 400
    assert answer.json()["where"] == where
    assert answer.json()["remedy"]
