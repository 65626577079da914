"""``ghosteam predict``: rows of a file or of JSON to the API, and its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from cli.files.recipe import Recipe
from cli.files.table import read_table
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.moments import parse_cell
from ghosteam.problem.nulls import BLANKS, is_null_text
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import MAX_INSTANCES

Ask = Callable[[Mapping[str, Any]], httpx.Response]
MOST_ROWS = 5_000
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Refused(RuntimeError):
    """The API answered no prediction; the text is its reason."""


def rows_of_json(text: str) -> list[dict[str, Any]]:
    """Rows of a JSON object, a list of them, or the body of a request.

    Raises:
        InvalidInput: the text is none of these.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The text is not JSON: {error}", where={"option": "--json"}) from error
    if isinstance(document, dict):
        document = document.get("instances", [document])
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        remedy = "Write one object, or a list of objects"
        raise InvalidInput("The JSON holds no rows", where={"option": "--json"}, remedy=remedy)
    return document


def rows_of_file(path: Path, problem: Problem, recipe: Recipe) -> list[dict[str, Any]]:
    """Rows of a file as requests have them: the columns that a request carries, in their types. A
    cell of another type goes as it is, so that the API says what is wrong with it.

    Raises:
        InvalidInput: the file cannot be read, or has more than 5,000 rows.
    """
    table = read_table(path)
    rows = recipe.apply(table.rows)
    if rows.height > MOST_ROWS:
        raise InvalidInput(
            f"The file has {rows.height:,} rows, more than {MOST_ROWS:,}",
            where={"file": path.name},
            remedy=f"Score them as a job: ./ghosteam score {problem.problem} {path.name}",
        )
    asked = [name for name in problem.request_columns if name in rows.columns]
    return [
        {name: _value(row[name], name, problem) for name in asked}
        for row in rows.iter_rows(named=True)
    ]


def predictions(
    rows: Sequence[Mapping[str, Any]], problem: Problem, ask: Ask
) -> Iterator[dict[str, Any]]:
    """For each row what names it, the outputs, the decision and the model's version. ``ask`` sends
    the body of one request.

    Raises:
        Refused: a request was not answered; the message names the file's row.
    """
    for first in range(0, len(rows), MAX_INSTANCES):
        some = rows[first : first + MAX_INSTANCES]
        try:
            answer = ask({"instances": [dict(row) for row in some]})
        except httpx.HTTPError as error:
            raise Refused(f"The API does not answer: {error}") from error
        if answer.status_code != 200:
            raise Refused(_reason(answer, first))
        for row, found in zip(some, answer.json()["predictions"], strict=True):
            named = {name: row.get(name) for name in problem.naming_columns}
            kept = ("outputs", "decision", "model_version", "prediction_id")
            yield {**named, **{name: found[name] for name in kept if name in found}}


def _value(text: str | None, name: str, problem: Problem) -> Any:
    column = problem.events.columns[name]
    if text is None or is_null_text(text, problem.events.null_markers(name)):
        return None
    try:
        return _typed(text.strip(BLANKS), column) if column.type != "string" else text
    except ValueError:
        return text


def _typed(text: str, column: Column) -> Any:
    if column.type == "integer":
        return int(text) if text.lstrip("+-").isdigit() else _whole(float(text))
    if column.type == "number":
        return float(text)
    if column.type == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if column.unit is not None:
        return float(text) if "." in text else int(text)
    moment = parse_cell(text, unit=None, zone=column.zone, ambiguous=column.ambiguous)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError("it has a fraction")
    return int(number)


def _reason(answer: httpx.Response, first: int) -> str:
    """All faults of a body, a line each; rows are numbered as in the file, from 1."""
    try:
        body = answer.json()
    except ValueError:
        return f"{answer.status_code}: {answer.text[:500]}"
    faults = body.get("faults") or [body]
    lines = [f"{answer.status_code}: the API refused the rows"]
    for fault in faults:
        where = dict(fault.get("where") or {})
        if isinstance(where.get("row"), int):
            where["row"] += first + 1
        place = ", ".join(f"{name} {value}" for name, value in where.items())
        told = f"{fault.get('message', '')}{f' ({place})' if place else ''}"
        lines.append(f"  {told}. {fault.get('remedy', '')}".rstrip(". "))
    return "\n".join(lines)
