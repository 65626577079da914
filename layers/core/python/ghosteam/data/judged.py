"""What became of the rows of a batch, and how it is told: as its profile, or as a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from ghosteam.data.profile import profile_column, quality, share
from ghosteam.data.quarantine import QuarantinedRow
from ghosteam.data.row_days import untimed_rows
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord


@dataclass
class Judged:
    """The rows of a batch: the newest good ones in files, the bad ones counted, those that a newer
    row of the same key follows counted too (see :mod:`ghosteam.data.newest`). There may be millions
    of any of them.

    ``bad_rows`` break the contract. Of these ``unread_rows`` are no rows of a table, and
    ``contradicting_rows`` were read and break a rule about the whole row. ``rules``: column, rule
    and remedy of every rule that rows break, and how many do. ``filled``: cells that are not null;
    ``extra``: names of columns that are not declared.
    """

    paths: list[Path] = field(default_factory=list)
    bad_rows: int = 0
    unread_rows: int = 0
    contradicting_rows: int = 0
    rules: Counter[tuple[str | None, str, str]] = field(default_factory=Counter)
    duplicates: int = 0
    superseded: int = 0
    filled: int = 0
    extra: set[str] = field(default_factory=set)

    def count(self, bad: Collection[QuarantinedRow]) -> None:
        """Count rows that break the contract."""
        self.bad_rows += len(bad)
        self.unread_rows += sum(row.unread for row in bad)
        self.contradicting_rows += sum(row.contradicts_itself for row in bad)
        self.rules.update(
            (reason.column, reason.rule, reason.remedy) for row in bad for reason in row.reasons
        )

    @property
    def followed_rows(self) -> int:
        """Good rows that a newer one replaces."""
        return self.duplicates + self.superseded


def profile_of(
    problem: Problem,
    record: BatchRecord,
    judged: Judged,
    *,
    status: Literal["validated", "rejected"],
    quarantine: Sequence[str],
) -> BatchProfile:
    """The profile of a batch. ``quarantine``: keys of its bad rows."""
    columns = problem.datasets[record.dataset].columns
    good = pl.scan_parquet(judged.paths)
    valid = record.rows - judged.bad_rows - judged.followed_rows
    landed = datetime.fromisoformat(record.source.landed_at)
    fresh = (
        (landed - datetime.fromisoformat(record.max_time)).total_seconds()
        if record.max_time and (problem.timed or record.dataset != problem.events_name)
        else None
    )
    rules = Counter[str]()
    for (column, rule, _), rows in judged.rules.items():
        rules[f"{column}: {rule}" if column else rule] += rows
    return BatchProfile(
        problem=record.problem,
        dataset=record.dataset,
        batch_id=record.batch_id,
        status=status,
        rows=record.rows,
        valid_rows=valid,
        quarantined_rows=judged.bad_rows,
        duplicate_rows=judged.duplicates,
        superseded_rows=judged.superseded,
        untimed_rows=untimed_rows(problem, record, judged.paths),
        quality=quality(
            rows=record.rows,
            cells=record.rows * len(columns),
            filled=judged.filled,
            valid=valid,
            followed=judged.followed_rows,
            contradicting=judged.contradicting_rows,
            unread=judged.unread_rows,
            freshness_seconds=fresh,
        ),
        broken_rules=dict(rules),
        extra_columns=tuple(sorted(judged.extra)),
        quarantine=tuple(quarantine),
        reading=record.reading,
        # One column at a time: the whole batch need not fit into memory.
        columns={
            name: profile_column(good.select(name).collect().to_series(), column)
            for name, column in columns.items()
        },
    )


def over_the_limit(record: BatchRecord, judged: Judged, limit: float) -> InvalidInput:
    """Why a batch with so many bad rows is refused; ``limit`` is the share that is allowed."""
    (column, rule, remedy), often = judged.rules.most_common(1)[0]
    return InvalidInput(
        f"{judged.bad_rows} of {record.rows} rows break the contract "
        f"({share(judged.bad_rows, record.rows):.0%}), more than "
        f"{limit:.0%}; most often ({often} rows): {rule}",
        where={
            "problem": record.problem,
            "dataset": record.dataset,
            **({"column": column} if column else {}),
        },
        remedy=f"{remedy}; or raise reject_over. The rows are listed beside this record",
    )
