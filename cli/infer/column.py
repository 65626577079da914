"""What a column of text holds: its type, its missing values, its range."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from cli.column_statistics import average, greatest, least
from cli.infer.date_parts import part_of_date
from cli.infer.finding import Inference
from cli.infer.missing import CLEAR, IN_NUMBERS, missing_words, sentinels
from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.moments import Unit, parse_cell
from ghosteam.problem.nulls import BLANKS
from ghosteam.problem.text_values import EXACT

_ODD_SHARE = 0.01
_ODD_WORDS = 3
_MOST_CHECKED = 5_000
_MANY = 20
_BOOLEANS = {"true", "false"}
_CODE = re.compile(r"(^|_|\b)(id|key|code|no|nr|num|number|uuid|zip|postal)($|_|\b)|id$", re.I)
_TIME_NAME = re.compile(r"time|date|stamp|epoch|created|updated|_at$|^at$|^ts$|_ts$", re.I)
_EPOCHS: dict[Unit, tuple[int, int]] = {
    "seconds": (10**8, 4 * 10**9),
    "milliseconds": (10**11, 4 * 10**12),
    "microseconds": (10**14, 4 * 10**15),
}


@dataclass(frozen=True)
class InferredColumn:
    """A column as its cells say.

    ``markers``: what stands for null, where it is more than the default; ``unit``: of a timestamp
    that is a number; ``values``: its texts, most frequent first, at most 50; ``odd``: rows whose
    cell is of no such type; ``low`` and ``high``: of numbers.
    """

    name: str
    type: ColumnKind
    rows: int
    missing: int
    distinct: int
    markers: tuple[str, ...] | None = None
    unit: Unit | None = None
    values: tuple[str, ...] = ()
    rarest: int = 0
    odd: int = 0
    low: float | None = None
    high: float | None = None
    longest: int = 0
    words: float = 0.0
    example: str | None = None
    findings: tuple[Inference, ...] = field(default=())

    @property
    def nullable(self) -> bool:
        """Whether a value is missing somewhere."""
        return self.missing > 0

    @property
    def given(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def unique(self) -> bool:
        """Whether each row has a value of its own."""
        return not self.missing and self.distinct == self.rows

    @property
    def constant(self) -> bool:
        """Whether there is only one value, or none."""
        return self.distinct <= 1 and not (self.distinct and self.missing)


def named_like_code(name: str) -> bool:
    """Whether a name says that values are names and no quantities."""
    return bool(_CODE.search(name))


def describe(cells: pl.Series, *, na_is_missing: bool = False) -> InferredColumn:
    """``cells``: a column of text. ``na_is_missing``: whether the file's numbers show that its
    writer means a missing value by NA.
    """
    name, findings = cells.name, list[Inference]()
    bare = cells.str.strip_chars(BLANKS).fill_null("")
    counts = pl.DataFrame({"cell": bare}).group_by("cell").len("rows").sort("cell")
    clear = missing_words(counts, CLEAR | ({"na"} if na_is_missing else frozenset()))
    rest = counts.filter(~counts["cell"].is_in(clear))
    numeric_words = missing_words(rest, IN_NUMBERS)
    maybe = rest.filter(~rest["cell"].is_in(numeric_words))
    kind, unit, odd = _kind(name, maybe)
    if kind is None:
        kind, words, rest_of = "string", clear, rest
    else:
        words, rest_of = [*clear, *numeric_words], maybe
    if 0 < len(odd) <= _ODD_WORDS and kind in ("integer", "number", "timestamp"):
        told, others = ", ".join(map(repr, odd)), "times" if kind == "timestamp" else "numbers"
        findings.append(Inference(name, f"{told} among {others}: taken for missing", "a guess"))
        words, rest_of = [*words, *odd], rest_of.filter(~rest_of["cell"].is_in(odd))
        odd = []
    numbers = None
    if kind in ("integer", "number"):
        numbers = _numbers(rest_of, odd)
        if found := sentinels(numbers, rest_of.filter(~rest_of["cell"].is_in(odd))["rows"]):
            told = ", ".join(map(str, found))
            findings.append(
                Inference(
                    name, f"{told} lies far from all others: taken for missing", "fairly sure"
                )
            )
            hit = rest_of["cell"].cast(pl.Float64, strict=False).is_in(list(map(float, found)))
            rest_of, words = rest_of.filter(~hit.fill_null(False)), [*words, *map(str, found)]
            numbers = _numbers(rest_of, odd)
    missing = cells.len() - int(rest_of["rows"].sum())
    odd_rows = int(rest_of.filter(rest_of["cell"].is_in(odd))["rows"].sum())
    if odd_rows:
        findings.append(
            Inference(
                name,
                f"{odd_rows} cells are no {kind}, such as {odd[0]!r}: their rows are quarantined",
                "sure",
            )
        )
    by_rows = rest_of.sort(["rows", "cell"], descending=[True, False])
    texts = by_rows["cell"].head(50).to_list()
    lengths = rest_of["cell"].str.len_chars()
    return InferredColumn(
        name=name,
        type=kind,
        rows=cells.len(),
        missing=missing,
        distinct=rest_of.height if numbers is None else numbers.n_unique(),
        markers=_declared(words, kind),
        unit=unit,
        values=tuple(texts),
        rarest=int(least(by_rows["rows"])),
        odd=odd_rows,
        low=None if numbers is None or numbers.is_empty() else least(numbers),
        high=None if numbers is None or numbers.is_empty() else greatest(numbers),
        longest=int(greatest(lengths)),
        words=_words(rest_of),
        example=_example(texts, rest_of, odd, numbers),
        findings=tuple(findings),
    )


def _example(
    frequent: list[str], counts: pl.DataFrame, odd: list[str], numbers: pl.Series | None
) -> str | None:
    """The most frequent cell; of many numbers the middle one."""
    if numbers is None or len(frequent) < _MANY:
        return next(iter(frequent), None)
    cells = counts.filter(~counts["cell"].is_in(odd))["cell"]
    return str(cells[int(numbers.arg_sort()[numbers.len() // 2])])


def _numbers(counts: pl.DataFrame, odd: list[str]) -> pl.Series:
    return counts.filter(~counts["cell"].is_in(odd))["cell"].cast(pl.Float64, strict=False)


def _words(counts: pl.DataFrame) -> float:
    """Words of a cell, on average."""
    some = counts["cell"].head(_MOST_CHECKED)
    return average(some.str.count_matches(r"\S+"))


def _declared(words: list[str], kind: ColumnKind) -> tuple[str, ...] | None:
    default = {""} if kind == "string" else {"", "NA"}
    more = sorted(set(words) - default)
    return tuple(sorted({*more, *(set(words) & default), ""})) if more else None


def _kind(name: str, counts: pl.DataFrame) -> tuple[ColumnKind | None, Unit | None, list[str]]:
    """Type, unit of a time, and cells that are of no such type; None for text."""
    cells = counts["cell"]
    if cells.is_empty():
        return None, None, []
    if cells.len() <= _MANY and set(cells.str.to_lowercase()) <= _BOOLEANS:
        return "boolean", None, []
    number = cells.cast(pl.Float64, strict=False)
    good = number.is_finite().fill_null(False)
    odd = cells.filter(~good).to_list()
    odd_rows = int(counts.filter(~good)["rows"].sum())
    few = odd_rows <= _ODD_SHARE * int(counts["rows"].sum())
    if good.any() and (not odd or few):
        texts = cells.filter(good)
        if texts.str.contains(r"^[+-]?0\d").any():
            return None, None, []  # a leading zero is part of a code
        if texts.str.contains(r"^[+-]?\d+$").all():
            if greatest(number.abs()) >= EXACT:
                return None, None, []
            return _whole(name, number, odd)
        if unit := _epoch(name, number.filter(good)):
            return "timestamp", unit, odd
        whole = texts.str.contains(r"^[+-]?\d+(\.0+)?$").all()
        named = named_like_code(name) or part_of_date(name) is not None
        if whole and named and greatest(number.abs()) < EXACT:
            return "integer", None, odd
        return "number", None, odd
    odd = _no_times(cells)
    odd_rows = int(counts.filter(cells.is_in(odd))["rows"].sum())
    if len(odd) <= _ODD_WORDS and odd_rows <= _ODD_SHARE * int(counts["rows"].sum()):
        return "timestamp", None, odd
    return None, None, []


def _whole(
    name: str, number: pl.Series, odd: list[str]
) -> tuple[ColumnKind | None, Unit | None, list[str]]:
    unit = _epoch(name, number.drop_nulls())
    return ("timestamp" if unit else "integer"), unit, odd


def _epoch(name: str, known: pl.Series) -> Unit | None:
    """What numbers since 1970 count, by the column's name and their size; None for others."""
    if not _TIME_NAME.search(name):
        return None
    fitting = (unit for unit, ends in _EPOCHS.items() if known.is_between(*ends).all())
    return next(fitting, None)


def _no_times(cells: pl.Series) -> list[str]:
    """Cells that are no times, as soon as they are too many for some words among times."""
    odd: list[str] = []
    unlike = ~cells.str.contains(r"^\d{4}-\d\d-\d\d")
    for cell in (*cells.filter(unlike), *cells.filter(~unlike).head(_MOST_CHECKED)):
        if not _is_time(cell):
            odd.append(cell)
            if len(odd) > _ODD_WORDS:
                break
    return odd


def _is_time(cell: str) -> bool:
    try:
        parse_cell(cell, unit=None)
    except ValueError:
        return False
    return True
