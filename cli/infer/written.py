"""How the files of a data set write their cells, and what a program would write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import polars as pl

from cli.column_statistics import average
from cli.files.date_styles import DateOrder, Unread, format_of_dates, iso
from cli.files.number_styles import NumberStyle, style_of
from cli.infer.finding import Inference
from cli.infer.missing import CLEAR, IN_NUMBERS
from ghosteam.data.number_styles import NONE
from ghosteam.data.written_numbers import numbers_of
from ghosteam.problem.datasets import Column, ColumnKind

Of = TypeVar("Of")
_BLANK_SHARE = 0.5
_FEW_TEXTS = 50
NUMERIC = ("integer", "number")


@dataclass(frozen=True)
class FileStyle:
    """What ``problem.yaml`` has to say of files: their ``encoding`` where they do not show it,
    whether blanks stand around texts (``trim``), and by column the style of ``numbers`` and the
    format of ``dates``. ``unread``: columns of dates that are not read; ``is_csv``: whether all
    files are CSV, which may have marks in common.
    """

    encoding: str | None = None
    trim: bool = False
    numbers: Mapping[str, NumberStyle] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)
    is_csv: bool = True

    @property
    def files(self) -> dict[str, object]:
        """The fields of the data set's ``files``."""
        found: dict[str, object] = {"encoding": self.encoding} if self.encoding else {}
        found |= {"trim": True} if self.trim else {}
        return found | (self._common or {})

    def of_column(self, name: str, kind: ColumnKind) -> dict[str, object]:
        """The fields of a column of that type."""
        if kind == "timestamp" and name in self.dates:
            return {"format": self.dates[name]}
        if kind not in NUMERIC or name not in self.numbers:
            return {}
        style = self.numbers[name]
        found: dict[str, object] = {"symbol": style.symbol} if style.symbol else {}
        if self._common is None:
            found |= {"decimal": style.decimal} if style.decimal == "," else {}
            found |= {"thousands": style.thousands} if style.thousands != NONE else {}
        return found

    def without(self, names: Collection[str]) -> FileStyle:
        """The same without these columns."""
        numbers = {name: one for name, one in self.numbers.items() if name not in names}
        dates = {name: one for name, one in self.dates.items() if name not in names}
        return replace(self, numbers=numbers, dates=dates)

    def called(self, new: str, old: str) -> FileStyle:
        """The same with another name for a column."""

        def renamed(found: Mapping[str, Of]) -> dict[str, Of]:
            return {new if name == old else name: one for name, one in found.items()}

        return replace(
            self,
            numbers=renamed(self.numbers),
            dates=renamed(self.dates),
            unread=renamed(self.unread),
        )

    @cached_property
    def _common(self) -> dict[str, object] | None:
        """The marks by which all columns are numbers; None where there are none such."""
        decimals = {
            one.decimal for one in self.numbers.values() if one.decimal == "," or one.has_points
        }
        thousands = {one.thousands for one in self.numbers.values()} - {NONE}
        if not thousands and decimals <= {"."}:
            return {}
        if not self.is_csv or len(decimals) > 1 or len(thousands) > 1 or decimals & thousands:
            return None
        decimal = next(iter(decimals), "," if "." in thousands else ".")
        return {"decimal": decimal, **({"thousands": min(thousands)} if thousands else {})}

    def plain(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The cells as a program would write them."""
        if self.trim:
            rows = rows.with_columns(pl.all().str.strip_chars())
        numbers = (
            _plain(rows[name], style) for name, style in self.numbers.items() if not style.is_plain
        )
        dates = (iso(rows[name], form) for name, form in self.dates.items())
        return rows.with_columns(*numbers, *dates)

    @property
    def findings(self) -> list[Inference]:
        """What was guessed."""
        found = [
            Inference(name, style.told, "fairly sure")
            for name, style in self.numbers.items()
            if not style.is_plain
        ]
        found += [
            Inference(name, f"dates written as {form}", "sure") for name, form in self.dates.items()
        ]
        return found + [
            Inference(name, f"left out: dates such as {one.example}, {one.why}", "sure")
            for name, one in self.unread.items()
        ]


def written_as(
    rows: pl.DataFrame,
    *,
    separators: Iterable[str | None],
    encoding: str | None = None,
    first: DateOrder | None = None,
) -> FileStyle:
    """``rows``: cells as files have them; ``separators``: of the files, None for those that are no
    CSV; ``encoding``: what they all have and do not show; ``first``: what dates begin with where
    the day and the month would both do.
    """
    separators = set(separators)
    numbers: dict[str, NumberStyle] = {}
    dates: dict[str, str] = {}
    unread: dict[str, Unread] = {}
    for column in rows:
        cells = given(column)
        style = style_of(cells, comma_is_decimal=bool(separators & {";", "\t"}))
        may_be_date = style is None or (style.is_plain and not style.has_points)
        form = format_of_dates(cells, first=first) if may_be_date else None
        if isinstance(form, Unread):
            unread[column.name] = form
        elif form:
            dates[column.name] = form
        elif style:
            numbers[column.name] = style
    is_csv = None not in separators
    return FileStyle(encoding, _has_blanks(rows), numbers, dates, unread, is_csv)


def given(column: pl.Series) -> pl.Series:
    """The different cells of a column that are no missing values."""
    bare = column.drop_nulls().str.strip_chars().unique(maintain_order=True)
    return bare.filter(~bare.str.to_lowercase().is_in(list(CLEAR | IN_NUMBERS)))


def _plain(cells: pl.Series, style: NumberStyle) -> pl.Series:
    """Plain numbers for all cells of that style; others as they are."""
    column = Column.model_validate(
        {
            "type": "number",
            "symbol": style.symbol,
            "decimal": style.decimal,
            "thousands": style.thousands,
        }
    )
    return numbers_of(cells.str.strip_chars(), column, None).fill_null(cells)


def _has_blanks(rows: pl.DataFrame) -> bool:
    """Whether cells of a column of text have blanks around them: most of them, or some where there
    are few different ones, which the blanks would make others.
    """
    for column in rows:
        cells = column.drop_nulls().unique()
        few = cells.len() <= _FEW_TEXTS
        some = cells if few else column.drop_nulls().head(1_000)
        texts = some.filter(some.str.strip_chars().cast(pl.Float64, strict=False).is_null())
        texts = texts.filter(texts.str.strip_chars().str.len_chars() > 0)
        with_blanks = texts != texts.str.strip_chars()
        if texts.len() and (with_blanks.any() if few else average(with_blanks) > _BLANK_SHARE):
            return True
    return False
