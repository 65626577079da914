"""JSON lines to record batches: every line that holds something is a row, or why it is none.

An object in a row is taken apart where a column is declared below it: ``{"a": {"b": 1}}`` has the
cell of a column ``a.b``.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from typing import Any

import polars as pl

from ghosteam.data.cells import Cells, cell_text
from ghosteam.data.encodings import is_text
from ghosteam.data.frames import PART_CELLS, PART_CHARS, Malformed, check_names, frame_of
from ghosteam.data.lines import Lines
from ghosteam.data.written_numbers import decimal_commas
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Column


def read_json_lines(
    lines: Lines,
    part_rows: int,
    texts: Container[str],
    columns: Mapping[str, Column] | None,
    *,
    encoding: str | None = None,
) -> Iterator[pl.DataFrame]:
    """The rows of a file. Fields that are not among the ``columns`` are no columns of the frame, so
    that their number does not matter.
    """
    above = objects_above(columns or ())
    records: list[JsonObject] = []
    malformed, first, lines.chars = Malformed(), 1, 0
    names: dict[str, None] = {}
    for line in lines:
        lines.begin()
        if not line.strip():
            continue
        record, reason = _record(line, encoding)
        if reason:
            malformed.add(first + len(records), reason, line)
        elif above:
            record = taken_apart(record, above)
        names.update(dict.fromkeys(n for n in record if columns is None or n in columns))
        records.append(record)
        if (
            len(records) == part_rows
            or lines.chars > PART_CHARS
            or len(records) * len(names) > PART_CELLS
        ):
            yield _frame(records, list(names), first, malformed, texts, columns)
            first, records, malformed, lines.chars = first + len(records), [], Malformed(), 0
            names = {}
    if records:
        yield _frame(records, list(names), first, malformed, texts, columns)


def objects_above(columns: Any) -> frozenset[str]:
    """The objects that are taken apart: what stands before a dot in the name of a column."""
    found = set()
    for name in columns:
        parts = name.split(".")
        found |= {".".join(parts[:number]) for number in range(1, len(parts))}
    return frozenset(found)


def taken_apart(record: Mapping[str, object], above: frozenset[str], path: str = "") -> JsonObject:
    """A record with the fields of its objects beside the others, by their path."""
    found: JsonObject = {}
    for name, value in record.items():
        place = f"{path}{name}"
        if isinstance(value, dict) and place in above:
            found = {**taken_apart(value, above, f"{place}."), **found}
        else:
            found[place] = value
    return found


def _record(line: str, encoding: str | None) -> tuple[JsonObject, str]:
    if not line.isascii() and not is_text(line):
        return {}, f"The line is not {encoding} text"
    try:
        record = json.loads(line)
        if "\\u" in line and not is_text(json.dumps(record, ensure_ascii=False)):
            raise ValueError("surrogates stand alone in it, which cannot be stored")
        if not isinstance(record, dict):
            raise ValueError("it holds no object")
    except (ValueError, RecursionError) as error:
        return {}, f"The line is not a JSON object: {error}"
    return record, ""


def _frame(
    records: list[JsonObject],
    names: list[str],
    first: int,
    malformed: Malformed,
    texts: Container[str],
    columns: Mapping[str, Column] | None,
) -> pl.DataFrame:
    cells = Cells(names, decimal_commas(columns))
    for name in names:
        cells.add(name, (record.get(name) for record in records), is_text=name in texts)
    return frame_of(
        names,
        cells.columns,
        first,
        len(records),
        malformed.faults,
        cells.misfits,
        declared=columns,
        extra=None if columns is None else [_others(record, columns) for record in records],
    )


def _others(record: Mapping[str, object], columns: Mapping[str, Column]) -> str | None:
    others = {name: cell_text(value) for name, value in record.items() if name not in columns}
    if not others:
        return None
    check_names(others)
    return json.dumps(others)
