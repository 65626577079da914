"""The contract on files, as the loop would apply it, without a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from cli.files.found import found_in
from cli.files.landing import Landing
from cli.problem_check.files import peek
from cli.problem_check.told import Line
from ghosteam.data.contracts import contracts_of
from ghosteam.data.faults import faults_of_content
from ghosteam.data.frames import ROW
from ghosteam.data.newest import followed, keys_of
from ghosteam.data.quarantine import Reason
from ghosteam.data.validate import check_part
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem

PART_ROWS = 100_000
_RULES = 8
_NAMES = 8


@dataclass
class Broken:
    """A rule that rows break: how many, and the first of them."""

    reason: Reason
    row: int
    rows: int = 0


@dataclass
class Judged:
    """What became of a file's rows. ``good``: the newest good ones of each key, in their types;
    ``reading``: how they were read.
    """

    file: str
    dataset: str
    rows: int = 0
    bad: int = 0
    followed: int = 0
    extra: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    broken: dict[tuple[str | None, str], Broken] = field(default_factory=dict)
    good: pl.DataFrame = field(default_factory=pl.DataFrame)
    reading: FileDialect | None = None

    def rejected(self, problem: Problem) -> bool:
        """Whether the loop would refuse the file for its bad rows."""
        dataset = problem.datasets[self.dataset]
        many = self.bad >= dataset.reject_at_least and self.bad > dataset.reject_over * self.rows
        return 0 < self.bad == self.rows or many


def judge(
    landing: Landing, dataset: str, problem: Problem, folder: Path, *, now: datetime
) -> Judged:
    """Apply the contract to a file as the loop reads it. ``folder``: the problem's; ``now``: when
    the file lands (aware).

    Raises:
        InvalidInput: the loop would refuse the file before it judged its rows.
    """
    declared = problem.datasets[dataset]
    contracts = contracts_of(declared, folder)
    file = landing.opened(declared, PART_ROWS)
    judged = Judged(landing.source.name, dataset)
    parts, keys = [], []
    with faults_of_content("Checking the contract", file=landing.source.name):
        found = peek(landing, declared)
        judged.reading, judged.extra = file.reading, list(found.others)
        judged.absent = [
            name
            for name, column in declared.columns.items()
            if name not in found.declared and not column.made_of
        ]
        for raw in file.parts():
            checked = check_part(raw, problem, dataset, contracts, landed=now)
            judged.rows += raw.height
            judged.bad += len(checked.bad)
            for row in checked.bad:
                for reason in row.reasons:
                    place = (reason.column, reason.rule)
                    judged.broken.setdefault(place, Broken(reason, row.row)).rows += 1
            keys.append(keys_of(checked.good, problem, dataset))
            parts.append(checked.good)
        good = pl.concat(parts)
        older = followed(pl.concat(keys))
    judged.followed = older.duplicates + older.superseded
    judged.good = good.filter(~good[ROW].is_in(older.rows.implode())).drop(ROW)
    return judged


def told(judged: Judged, problem: Problem) -> list[Line]:
    """What to tell of a file."""
    declared = len(problem.datasets[judged.dataset].columns)
    good = judged.rows - judged.bad
    head = (
        f"{judged.file} → {judged.dataset}: {judged.rows:,} rows, {good:,} keep the contract, "
        f"{judged.bad:,} do not; {declared - len(judged.absent)} of {declared} declared columns"
    )
    refused = judged.rejected(problem)
    lines = [Line("✗" if refused else "!" if judged.bad else "✓", head)]
    if refused:
        dataset = problem.datasets[judged.dataset]
        lines.append(
            Line(
                " ",
                f"The loop would refuse the whole file: more than {dataset.reject_over:.0%} of its "
                "rows are bad",
            )
        )
    if writing := _writing(judged, problem):
        lines.append(Line(" ", f"read as declared: {writing}"))
    if judged.reading and (found := found_in(judged.reading)):
        lines.append(Line(" ", f"found in the file, and not declared: {found}"))
    if judged.absent:
        lines.append(Line("!", f"nullable columns that it lacks: {_some(judged.absent)}"))
    if judged.extra:
        lines.append(Line(" ", f"columns that are passed over: {_some(judged.extra)}"))
    if judged.followed:
        lines.append(
            Line("!", f"{judged.followed:,} rows are followed by a newer one of the same key")
        )
    worst = sorted(judged.broken.values(), key=lambda broken: -broken.rows)
    for broken in worst[:_RULES]:
        reason = broken.reason
        place = f"{reason.column}: " if reason.column else ""
        lines.append(
            Line(
                " ",
                f"{broken.rows:,} rows: {place}{reason.rule}; first row {broken.row}, "
                f"{reason.value!r}. {reason.remedy}",
            )
        )
    if len(worst) > _RULES:
        lines.append(Line(" ", f"and {len(worst) - _RULES} more rules"))
    return lines


def _writing(judged: Judged, problem: Problem) -> str:
    """What is declared of how the file's cells are written."""
    dataset = problem.datasets[judged.dataset]
    told = []
    for name, column in dataset.columns.items():
        fields = {
            "from": column.from_,
            "made of": column.made_of,
            "symbol": column.symbol,
            "decimal": column.decimal,
            "thousands": column.thousands,
            "format": column.format,
        }
        said = [f"{field} {value!r}" for field, value in fields.items() if value is not None]
        if said and name not in judged.absent:
            told.append(f"{name} {', '.join(said)}")
    files = dataset.files.model_dump(exclude_defaults=True) if dataset.files else {}
    told += [f"{field} {value!r}" for field, value in files.items()]
    return _some(told, "; ")


def refused(file: str, error: InvalidInput) -> Line:
    """A file that the loop would refuse."""
    where = ", ".join(f"{name} {value}" for name, value in error.where.items() if name != "file")
    return Line("✗", f"{file}: {error.message}{f' ({where})' if where else ''}. {error.remedy}")


def _some(names: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return between.join(names[:_NAMES]) + more
