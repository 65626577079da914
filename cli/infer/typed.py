"""Columns as ``problem.yaml`` declares them, and rows as the loop would type them by these."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cli.infer.column import InferredColumn, named_like_code
from cli.infer.date_parts import PARTS, in_range, part_of_date
from ghosteam.data.convert import convert
from ghosteam.data.read import MALFORMED, MISFIT, ROW
from ghosteam.problem.datasets import Column, Dataset

_FEW_VALUES = 10
_OFTEN = 20
_MANY_ROWS = 500
_TINY, _HUGE = 1e-300, 1e300
"""Beyond these a double has no room for bounds."""


def declared(
    found: InferredColumn, *, key: bool = False, outcome: bool = False
) -> dict[str, object]:
    """The column as the grammar has it, in the order in which it is written. ``key``: rows are
    found by it; ``outcome``: it is the target.
    """
    column: dict[str, object] = {"type": found.type}
    if found.type in ("integer", "number") and not (key and named_like_code(found.name)):
        column |= _range(found)
    elif found.type == "string" and not key and not outcome and _closed(found):
        column["values"] = sorted(found.values)
    if found.type == "timestamp":
        column |= {"unit": found.unit} if found.unit else {}
    if (found.nullable and not key) or (outcome and not found.nullable):
        column["nullable"] = True
    if found.type == "integer" and _is_category(found) and not key and not outcome:
        column["categorical"] = True
    if found.markers is not None:
        column["null_values"] = list(found.markers)
    return column


def typed(rows: pl.DataFrame, columns: Mapping[str, InferredColumn]) -> pl.DataFrame:
    """``rows`` of text in the types of ``columns``, as the loop would read them."""
    fields = {
        name: Column.model_validate({**declared(found), "nullable": True, "values": None})
        for name, found in columns.items()
    }
    dataset = Dataset(role="events", columns=fields)
    names = [name for name in columns if name in rows.columns]
    cells = rows.select(names).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
        pl.lit(None, pl.String).alias(MALFORMED),
        pl.lit(None, pl.String).alias(MISFIT),
    )
    return convert(cells, dataset).select(names)


def as_text(
    columns: Mapping[str, InferredColumn], names: Collection[str]
) -> dict[str, InferredColumn]:
    """The same columns, those of ``names`` as text."""
    return {
        name: replace(found, type="string", low=None, high=None) if name in names else found
        for name, found in columns.items()
    }


def nice_above(number: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below ``number``, which is > 0."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number * (1 - 1e-12))


def _range(found: InferredColumn) -> dict[str, object]:
    """Bounds with room on both sides; those of a part of a date are its own."""
    if found.low is None or found.high is None:
        return {}
    part = part_of_date(found.name)
    if part and in_range(part, found.low, found.high):
        return {"min": PARTS[part][1], "max": PARTS[part][2]}
    size = max(abs(found.low), abs(found.high))
    if not size:
        return {"min": 0}
    if found.type == "integer" and (found.low, found.high) == (0, 1):
        return {"min": 0, "max": 1}
    if not _TINY <= size <= _HUGE:
        return {}
    wide = nice_above(2 * size)
    most = int(wide) if wide >= 1 else wide
    if found.low < 0:
        return {"min": -most, "max": most}
    return {"min": 0, "max": most}


def _closed(found: InferredColumn) -> bool:
    """Whether the values are few, all seen often: others would be a mistake."""
    return (
        1 < found.distinct <= _FEW_VALUES
        and found.rarest >= _OFTEN
        and found.rows >= _MANY_ROWS
        and all(text == text.strip() for text in found.values)
    )


def _is_category(found: InferredColumn) -> bool:
    """Whether whole numbers are names: few of them, called a code or a class."""
    return 2 < found.distinct <= 250 and named_like_category(found.name)


def named_like_category(name: str) -> bool:
    """Whether a name says that values are kinds."""
    words: Sequence[str] = name.lower().replace("-", "_").replace(" ", "_").split("_")
    kinds = {"code", "type", "class", "zone", "category", "group", "kind", "region", "segment"}
    return bool({*words} & kinds) or (named_like_code(name) and words[-1] in ("id", "code", "zip"))
