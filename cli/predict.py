"""``ghosteam predict``: rows of a file or of JSON to the API, and its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from cli.files.landing import landing_of
from ghosteam.data.frames import MALFORMED, ROW, UNCASTABLE
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import MAX_INSTANCES

Ask = Callable[[Mapping[str, Any]], httpx.Response]
MOST_ROWS = 5_000


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


def rows_of_file(path: Path, problem: Problem, scratch: Path) -> list[dict[str, Any]]:
    """Rows of a file as requests have them: the columns that a request carries, in their types. A
    cell of another type goes as it is, so that the API says what is wrong with it. ``scratch``: a
    folder for a file that the loop does not read at all.

    Raises:
        InvalidInput: the file cannot be read, or has more than 5,000 rows.
    """
    rows = first_rows(path, problem, scratch, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise InvalidInput(
            f"The file has more than {MOST_ROWS:,} rows",
            where={"file": path.name},
            remedy=f"Score them as a job: ./ghosteam score {problem.problem} {path.name}",
        )
    return rows


def first_rows(path: Path, problem: Problem, scratch: Path, most: int) -> list[dict[str, Any]]:
    """The same of the first ``most`` rows of a file of any length."""
    return list(islice(_rows(path, problem, scratch, most), most))


def _rows(path: Path, problem: Problem, scratch: Path, most: int) -> Iterator[dict[str, Any]]:
    landing = landing_of(path, scratch)
    events = problem.events
    asked = events.model_copy(
        update={"columns": {name: events.columns[name] for name in problem.request_columns}}
    )
    for part in landing.opened(asked, most).parts(check=False):
        for row in part.iter_rows(named=True):
            if row[MALFORMED] is not None:
                raise InvalidInput(
                    json.loads(row[MALFORMED])["reason"],
                    where={"file": path.name, "row": row[ROW]},
                    remedy="Fix the line",
                )
            odd = json.loads(row[UNCASTABLE] or "{}")
            values = {name: row[name] for name in problem.request_columns} | odd
            yield {n: _sent(value) for n, value in values.items() if value is not None}


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


def _sent(value: Any) -> Any:
    """A value as JSON has it."""
    return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else value


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
