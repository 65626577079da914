"""Files that belong together, and how their cells are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import polars as pl

from cli.aggregates import average
from cli.files.date_styles import Ambiguous, Order, format_of_dates
from cli.files.number_styles import TOLD, style_of
from cli.files.recipe import Recipe
from cli.files.table import Table
from cli.infer.column import Described, describe
from cli.infer.finding import Finding
from cli.infer.missing import CLEAR, IN_NUMBERS
from cli.infer.names import plain_name

_ALIKE = 0.8
_BLANK_SHARE = 0.5


@dataclass(frozen=True)
class Source:
    """Files of one data set: ``rows`` of all as the loop reads them, columns as they are
    ``described``, and the ``recipe`` that makes them so. ``ambiguous``: columns of dates that are
    not read, by an example.
    """

    name: str
    tables: tuple[Table, ...]
    rows: pl.DataFrame
    recipe: Recipe
    described: Mapping[str, Described]
    ambiguous: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def with_row_id(self, name: str) -> Source:
        """The same, with an id for rows that have none."""
        recipe = replace(self.recipe, row_id=name)
        rows = Recipe(row_id=name).apply(self.rows)
        return replace(self, recipe=recipe, rows=rows)


def sources_of(tables: Sequence[Table], *, first: Order | None = None) -> list[Source]:
    """The data sets that ``tables`` are files of. ``first``: what dates begin with where the day
    and the month would both do.
    """
    sources: list[Source] = []
    for group in _groups(tables):
        name = plain_name(_common_name(group), taken={source.name for source in sources})
        sources.append(_source(name, group, first))
    return sources


def _groups(tables: Iterable[Table]) -> list[list[Table]]:
    groups: list[list[Table]] = []
    for table in tables:
        ours = {*table.rows.columns}
        for group in groups:
            theirs = {*group[0].rows.columns}
            if len(ours & theirs) >= _ALIKE * len(ours | theirs):
                group.append(table)
                break
        else:
            groups.append([table])
    return groups


def _common_name(group: Sequence[Table]) -> str:
    """What the names of all files begin with, or their folder's name."""
    if len(group) == 1:
        return group[0].name
    stem = re.sub(r"[\W_\d]+$", "", _beginning([table.name for table in group]))
    return stem if len(stem) > 1 else group[0].path.parent.name


def _beginning(names: Sequence[str]) -> str:
    """What all begin with."""
    alike = takewhile(lambda letters: len({*letters}) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)


def _source(name: str, group: Sequence[Table], first: Order | None) -> Source:
    raw = pl.concat([table.rows for table in group], how="diagonal")
    trimmed = _has_blanks(raw)
    if trimmed:
        raw = raw.with_columns(pl.all().str.strip_chars())
    comma = any("semicolons" in phrase or "tabs" in phrase for t in group for phrase in t.odd)
    numbers: dict[str, str] = {}
    dates: dict[str, str] = {}
    ambiguous: dict[str, str] = {}
    findings: list[Finding] = []
    for column in raw:
        cells = _given(column)
        style = style_of(cells, comma_is_decimal=comma)
        if style:
            numbers[column.name] = style
            findings.append(Finding(column.name, TOLD[style], "fairly sure"))
            continue
        form = format_of_dates(cells, first=first)
        if isinstance(form, Ambiguous):
            ambiguous[column.name] = form.example
            told = (
                f"left out: dates such as {form.example}, in which the day or the month may come "
                "first (--day-first, --month-first)"
            )
            findings.append(Finding(column.name, told, "sure"))
        elif form:
            dates[column.name] = form
            findings.append(Finding(column.name, f"dates written as {form}", "sure"))
    recipe = Recipe(trimmed, numbers, dates)
    rows = recipe.apply(raw)
    na = any(_has_na(column) for column in rows)
    described = {column.name: describe(column, na_is_missing=na) for column in rows}
    findings += [finding for found in described.values() for finding in found.findings]
    for table in group:
        if table.other:
            told = f"{table.other} lines have other numbers of cells than the header"
            findings.append(Finding(table.path.name, f"{told}: they are no rows", "sure"))
    if len(group) > 1:
        told = f"{len(group)} files of the same columns: one data set"
        findings.insert(0, Finding(name, told, "sure"))
    return Source(name, tuple(group), rows, recipe, described, ambiguous, tuple(findings))


def _given(column: pl.Series) -> pl.Series:
    """The different cells of a column that are no missing values."""
    bare = column.drop_nulls().str.strip_chars().unique(maintain_order=True)
    return bare.filter(~bare.str.to_lowercase().is_in(list(CLEAR | IN_NUMBERS)))


def _has_na(column: pl.Series) -> bool:
    """Whether NA stands among numbers: who wrote them means a missing value by it."""
    cells = column.drop_nulls().unique()
    if not (cells == "NA").any():
        return False
    others = _given(cells)
    return others.len() > 0 and bool(others.cast(pl.Float64, strict=False).is_not_null().all())


def _has_blanks(rows: pl.DataFrame) -> bool:
    """Whether most cells of a column of text have blanks around them."""
    for column in rows:
        some = column.drop_nulls().head(1_000)
        texts = some.filter(some.str.strip_chars().cast(pl.Float64, strict=False).is_null())
        texts = texts.filter(texts.str.len_chars() > 0)
        if texts.len() and average(texts != texts.str.strip_chars()) > _BLANK_SHARE:
            return True
    return False
