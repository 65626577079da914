"""Quarantined rows as a file that people correct, and back from it."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.formats import base_of, format_of
from ghosteam.data.frames import EXTRA, MALFORMED, MISFIT, ROW
from ghosteam.data.number_styles import NONE, plain_numbers
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset

NUMBER, WHY, TEXT = "quarantine_row", "quarantine_why", "quarantine_text"
OURS = (NUMBER, WHY, TEXT)
"""Columns for people, which are taken out of what comes back."""
_PART_ROWS = 10_000
_UNREADABLE = "readable"


def why(row: Mapping[str, Any]) -> str:
    """What was wrong with a row, in a line."""
    told = []
    for reason in row["reasons"]:
        place = f"{reason['column']}: " if reason["column"] else ""
        told.append(f"{place}{reason['rule']}. {reason['remedy']}")
    return "; ".join(told)


def write_rows(rows: Iterable[Mapping[str, Any]], dataset: Dataset, path: Path) -> int:
    """Write quarantined rows as CSV or JSON lines, by the file's name; how many there were. Their
    values are what stood in their file.
    """
    rows = list(rows)
    if base_of(path.name) == "jsonl":
        lines = (json.dumps(_cells(row, dataset), ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8")
        return len(rows)
    if not path.name.lower().endswith(".csv"):
        raise InvalidInput("Rows are written as .csv or .jsonl", where={"file": path.name})
    others = dict.fromkeys(name for row in rows for name in row["values"])
    names = [*OURS, *dataset.columns, *(name for name in others if name not in dataset.columns)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(_cells(row, dataset) for row in rows)
    return len(rows)


def corrected_lines(path: Path, dataset: Dataset) -> bytes:
    """The rows of a corrected file as JSON lines of cells, which say the same whatever is declared
    of the data set's files. The columns for people are left out.

    Raises:
        InvalidInput: the file cannot be read, or one of its lines cannot.
    """
    columns = {
        name: column.model_copy(update={"decimal": None, "thousands": None})
        for name, column in dataset.columns.items()
    }
    plain = dataset.model_copy(update={"files": None, "columns": columns, "empty": "rejected"})
    file = DatasetFile(path, format_of(path.name), plain, _PART_ROWS)
    return "".join(_lines(file, dataset)).encode()


def _lines(file: DatasetFile, dataset: Dataset) -> Iterator[str]:
    for cells in file.cells():
        for index in cells[MALFORMED].is_not_null().arg_true():
            fault = json.loads(cells[MALFORMED][index])
            raise InvalidInput(
                fault["reason"], where={"row": cells[ROW][index]}, remedy="Fix the line"
            )
        if file.reading.has_other_numbers:
            for name, column in dataset.columns.items():
                if name in cells.columns and column.type in ("integer", "number"):
                    bare = cells[name].str.strip_chars()
                    number = plain_numbers(
                        bare, file.reading.decimal or ".", file.reading.thousands or NONE
                    )
                    cells = cells.with_columns(number.fill_null(cells[name]).alias(name))
        names = [name for name in cells.columns if name in dataset.columns]
        own_marks = [name for name in names if dataset.columns[name].has_own_marks]
        for row in cells.iter_rows(named=True):
            values = {
                **json.loads(row[EXTRA] or "{}"),
                **{name: row[name] for name in names},
                **json.loads(row[MISFIT] or "{}"),
            }
            # Texts of such a column are read by its own marks, and numbers as what they are.
            values |= {name: _number(values[name]) for name in own_marks}
            kept = {n: v for n, v in values.items() if n not in OURS and v is not None}
            yield json.dumps(kept, sort_keys=True, ensure_ascii=False) + "\n"


def _number(text: str | None) -> Any:
    """A plain number as such; other texts as they are."""
    for kind in (int, float):
        try:
            number = kind(text or "")
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def _cells(row: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    text = next((one["value"] for one in row["reasons"] if one["rule"] == _UNREADABLE), "")
    return {
        NUMBER: row["row"],
        WHY: why(row),
        TEXT: text,
        **{name: _cell(name, value, dataset) for name, value in row["values"].items()},
    }


def _cell(name: str, value: Any, dataset: Dataset) -> Any:
    if value is None and name in dataset.columns:
        markers = dataset.null_markers(name)
        return "" if "" in markers or not markers else markers[0]
    return json.dumps(value) if isinstance(value, bool) else value
