"""Rows of files become requests that the API takes, and its faults name the file's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from cli.predict import Refused, predictions, rows_of_file, rows_of_json
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.load import parse_problem
from ghosteam.serving.request import request_model

PROBLEM = parse_problem(
    """
version: 1
problem: orders
task: binary
entities: {order: [id]}
event_time: at
target: {name: late, expr: late, known_at: event_time + 1d}
datasets:
  orders:
    role: events
    id: [id]
    columns:
      id: integer
      at: timestamp
      seen: {type: timestamp, unit: milliseconds, nullable: true}
      price: {type: number, nullable: true, null_values: ["", "?"]}
      express: "boolean?"
      city: string
      late: "boolean?"
exclude: [late]
features: {request: [price, express, city, seen]}
"""
)
CSV = """id,at,seen,price,express,city,late
1.0,2024-01-02,,?,yes,NA,true
2,2024-01-02T10:00:00Z,1357102800000,2.5,false,Rom,
"""


class Api:
    """Takes what the product's own form of requests takes."""

    def __init__(self) -> None:
        self.bodies: list[Mapping[str, Any]] = []

    def __call__(self, body: Mapping[str, Any]) -> httpx.Response:
        self.bodies.append(json.loads(json.dumps(body)))
        rows = request_model(PROBLEM).model_validate(body).instances  # type: ignore[attr-defined]
        found = [
            {"outputs": {"late": 0.5}, "decision": True, "model_version": "1", "prediction_id": "p"}
            for _ in rows
        ]
        return httpx.Response(200, json={"predictions": found})


@pytest.mark.parametrize("ending", ["csv", "parquet", "tsv"])
def test_a_files_rows_are_what_the_api_takes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "parquet":
        pl.read_csv(CSV.encode(), infer_schema=False).write_parquet(path)
    else:
        path.write_text(CSV.replace(",", "\t") if ending == "tsv" else CSV)
    api = Api()
    answers = list(predictions(rows_of_file(path, PROBLEM, tmp_path / "scratch"), PROBLEM, api))
    first, second = api.bodies[0]["instances"]
    assert first == {
        "id": 1,
        "at": "2024-01-02T00:00:00.000000Z",
        "express": True,
        "city": "NA",
    }
    assert (second["price"], second["express"]) == (2.5, False)
    assert second["seen"] == "2013-01-02T05:00:00.000000Z"
    assert answers[1] == {
        "id": 2,
        "outputs": {"late": 0.5},
        "decision": True,
        "model_version": "1",
        "prediction_id": "p",
    }


def test_cells_are_read_as_they_are_declared_and_a_wrong_one_is_sent_as_it_stands(
    tmp_path: Path,
) -> None:
    events = PROBLEM.events
    columns = {
        **events.columns,
        "price": Column.model_validate({"type": "number", "from": "Preis", "symbol": "€"}),
        "at": Column(type="timestamp", format="%d.%m.%Y"),
    }
    named = {PROBLEM.events_name: events.model_copy(update={"columns": columns})}
    problem = PROBLEM.model_copy(update={"datasets": named})
    path = tmp_path / "rows.csv"
    path.write_text("id;at;Preis;city\n1;31.01.2024;1.234,5 €;Rom\n2;32.01.2024;$ 7;Rom\n")
    assert rows_of_file(path, problem, tmp_path) == [
        {"id": 1, "at": "2024-01-31T00:00:00.000000Z", "price": 1234.5, "city": "Rom"},
        {"id": 2, "at": "32.01.2024", "price": "$ 7", "city": "Rom"},
    ]
    path.write_text("id,at,Preis,city\n1,31.01.2024,7\n")
    with pytest.raises(InvalidInput, match="3 cells") as refused:
        rows_of_file(path, problem, tmp_path)
    assert refused.value.where == {"file": "rows.csv", "row": 1}


def test_many_rows_are_asked_in_requests_of_a_hundred() -> None:
    row = {"id": 1, "at": "2024-01-02T00:00:00Z", "city": "a"}
    api = Api()
    assert len(list(predictions([row] * 250, PROBLEM, api))) == 250
    assert [len(body["instances"]) for body in api.bodies] == [100, 100, 50]


def test_a_refusal_names_the_files_row_and_all_faults() -> None:
    def ask(body: Mapping[str, Any]) -> httpx.Response:
        if body["instances"][0]["id"] == 0:
            found = [{"outputs": {}, "decision": True, "model_version": "1"}] * 100
            return httpx.Response(200, json={"predictions": found})
        faults = [
            {"message": "no number", "where": {"row": 4, "field": "price"}, "remedy": "Send one"},
            {"message": "missing", "where": {"row": 5, "field": "city"}, "remedy": "Add it"},
        ]
        return httpx.Response(400, json={"error": "InvalidInput", **faults[0], "faults": faults})

    rows = [{"id": number // 100} for number in range(150)]
    with pytest.raises(Refused) as refused:
        list(predictions(rows, PROBLEM, ask))
    assert "no number (row 105, field price). Send one" in str(refused.value)
    assert "missing (row 106, field city). Add it" in str(refused.value)


def test_an_api_that_does_not_answer_is_told() -> None:
    def ask(body: Mapping[str, Any]) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Refused, match="does not answer"):
        list(predictions([{"id": 1}], PROBLEM, ask))


@pytest.mark.parametrize("text", ['{"a": 1}', '[{"a": 1}]', '{"instances": [{"a": 1}]}'])
def test_json_may_be_a_row_a_list_or_a_body(text: str) -> None:
    assert rows_of_json(text) == [{"a": 1}]


@pytest.mark.parametrize("text", ["", "1", "[1]", "{'a': 1}"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        rows_of_json(text)


def test_a_file_of_too_many_rows_is_for_a_job(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id\n" + "1\n" * 5001)
    with pytest.raises(InvalidInput, match="more than 5,000") as refused:
        rows_of_file(path, PROBLEM, tmp_path / "scratch")
    assert "./ghosteam score orders rows.csv" in refused.value.remedy
