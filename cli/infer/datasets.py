"""Files that belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import polars as pl

from cli.files.date_styles import DateOrder
from cli.files.table import Table
from cli.infer.column import InferredColumn, describe
from cli.infer.finding import Inference
from cli.infer.names import own_names, plain_name
from cli.infer.written import NUMERIC, FileStyle, given, written_as
from ghosteam.data.frames import EXTRA
from ghosteam.problem.datasets import ColumnKind

_ALIKE = 0.8


@dataclass(frozen=True)
class FoundDataset:
    """Files of one data set: ``rows`` of all as a program would write them, columns as they are
    ``described``, how the files have them (``written``), and the ``names`` of those that they call
    otherwise. ``others``: by row the cells of columns without a name of their own, as JSON.
    """

    name: str
    tables: tuple[Table, ...]
    rows: pl.DataFrame
    others: pl.Series
    written: FileStyle
    names: Mapping[str, str]
    described: Mapping[str, InferredColumn]
    findings: tuple[Inference, ...] = ()

    def declared(self, name: str, kind: ColumnKind) -> dict[str, object]:
        """What a column of that type says of files."""
        named = {"from": self.names[name]} if name in self.names else {}
        return {**named, **self.written.of_column(name, kind)}

    def called(self, new: str, old: str) -> FoundDataset:
        """The same with another name for a column."""
        described = {
            new if name == old else name: replace(found, name=new) if name == old else found
            for name, found in self.described.items()
        }
        others = {name: file for name, file in self.names.items() if name != old}
        return replace(
            self,
            rows=self.rows.rename({old: new}),
            described=described,
            names={**others, new: self.names.get(old, old)},
            written=self.written.called(new, old),
        )

    def with_finding(self, finding: Inference) -> FoundDataset:
        """The same, with one more thing to tell."""
        return replace(self, findings=(*self.findings, finding))


def sources_of(tables: Sequence[Table], *, first: DateOrder | None = None) -> list[FoundDataset]:
    """The data sets that ``tables`` are files of. ``first``: what dates begin with where the day
    and the month would both do.
    """
    sources: list[FoundDataset] = []
    for group in _groups(tables):
        name = plain_name(_common_name(group), taken={source.name for source in sources})
        sources.append(_source(name, group, first))
    return sources


def _groups(tables: Iterable[Table]) -> list[list[Table]]:
    groups: list[list[Table]] = []
    for table in tables:
        ours = {*table.columns}
        for group in groups:
            theirs = {*group[0].columns}
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


def _source(name: str, group: Sequence[Table], first: DateOrder | None) -> FoundDataset:
    both = pl.concat([table.rows for table in group], how="diagonal")
    others = both[EXTRA] if EXTRA in both.columns else pl.Series(EXTRA, [None] * both.height)
    both = both.drop(EXTRA, strict=False)
    names = own_names(both.columns)
    raw = both.rename({old: new for new, old in names.items()})
    separators = [one.reading.separator if one.reading.base == "csv" else None for one in group]
    encodings = {one.encoding for one in group}
    encoding = encodings.pop() if len(encodings) == 1 else None
    written = written_as(raw, separators=separators, encoding=encoding, first=first)
    rows = written.plain(raw)
    na = any(_has_na(column) for column in rows)
    described = {column.name: describe(column, na_is_missing=na) for column in rows}
    # What is text in the end stays as it stands in the files.
    texts = [
        name
        for name, found in described.items()
        if (name in written.numbers and found.type not in NUMERIC)
        or (name in written.dates and found.type != "timestamp")
    ]
    written = written.without(texts)
    rows = written.plain(raw)
    described |= {name: describe(rows[name], na_is_missing=na) for name in texts}
    findings = [*written.findings]
    findings += [
        Inference(
            new, f"the column {old!r} of the files, whose name the project itself uses", "sure"
        )
        for new, old in names.items()
    ]
    lists = dict.fromkeys(name for table in group for name in table.lists)
    findings += [
        Inference(one, "left out: it holds lists, or objects of any names", "sure") for one in lists
    ]
    first_others = json.loads(next(iter(others.drop_nulls()), "{}"))
    if twice := [one for one in first_others if one.partition(".")[0] not in lists]:
        told = f"left out: a header has these names twice: {', '.join(twice)}"
        findings.append(Inference(name, told, "sure"))
    findings += [finding for found in described.values() for finding in found.findings]
    for table in group:
        if table.encoding:
            told = f"encoding {table.encoding}, which it does not show"
            if encoding is None:
                told += " and other files do not have: save it as UTF-8"
            findings.append(Inference(table.path.name, told, "a guess"))
        if table.malformed:
            told = f"{table.malformed} lines have other numbers of cells than the header"
            findings.append(Inference(table.path.name, f"{told}: they are quarantined", "sure"))
    if len(group) > 1:
        told = f"{len(group)} files of the same columns: one data set"
        findings.insert(0, Inference(name, told, "sure"))
    return FoundDataset(
        name, tuple(group), rows, others, written, names, described, tuple(findings)
    )


def _has_na(column: pl.Series) -> bool:
    """Whether NA stands among numbers: who wrote them means a missing value by it."""
    cells = column.drop_nulls().unique()
    if not (cells == "NA").any():
        return False
    others = given(cells)
    return others.len() > 0 and bool(others.cast(pl.Float64, strict=False).is_not_null().all())
