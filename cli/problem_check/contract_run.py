"""The contract on files, as the loop would apply it, without a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from cli.problem_check.told import Line
from ghosteam.data.contracts import contracts_of
from ghosteam.data.convert import absent_columns, check_columns, convert, extra_columns
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import format_of
from ghosteam.data.newest import followed, keys_of
from ghosteam.data.quarantine import Reason
from ghosteam.data.read import ROW, read_batches
from ghosteam.data.validate import check_part
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
    """What became of a file's rows. ``good``: the newest good ones of each key, in their types."""

    file: str
    dataset: str
    rows: int = 0
    bad: int = 0
    followed: int = 0
    extra: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    broken: dict[tuple[str | None, str], Broken] = field(default_factory=dict)
    good: pl.DataFrame = field(default_factory=pl.DataFrame)

    def rejected(self, problem: Problem) -> bool:
        """Whether the loop would refuse the file for its bad rows."""
        dataset = problem.datasets[self.dataset]
        many = self.bad >= dataset.reject_at_least and self.bad > dataset.reject_over * self.rows
        return 0 < self.bad == self.rows or many


def judge(path: Path, dataset: str, problem: Problem, folder: Path, *, now: datetime) -> Judged:
    """Apply the contract to a file that the loop reads as it is. ``folder``: the problem's;
    ``now``: when the file lands (aware).

    Raises:
        InvalidInput: the loop would refuse the file before it judged its rows.
    """
    declared = problem.datasets[dataset]
    contracts = contracts_of(declared, folder)
    judged = Judged(path.name, dataset)
    parts, keys = [], []
    batches = read_batches(
        path,
        format_of(path.name),
        PART_ROWS,
        texts=declared.texts,
        may_be_empty=declared.empty == "allowed",
    )
    with faults_of_content("Checking the contract", file=path.name):
        for cells in batches:
            check_columns(cells, declared)
            judged.extra = extra_columns(cells, declared)
            judged.absent = absent_columns(cells, declared)
            raw = convert(cells, declared)
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


def refused(file: str, error: InvalidInput) -> Line:
    """A file that the loop would refuse."""
    where = ", ".join(f"{name} {value}" for name, value in error.where.items() if name != "file")
    return Line("✗", f"{file}: {error.message}{f' ({where})' if where else ''}. {error.remedy}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
