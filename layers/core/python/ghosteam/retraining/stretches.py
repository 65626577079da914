"""Stretches of periods that must hold rows, and which do. Pure.

What counts is how many periods hold rows, not how far the first and the last one are apart: one old
row stands for nothing but its own period.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from math import gcd

from ghosteam.documents.coverage import TIMELESS, Days
from ghosteam.problem.periods import Period, parse_period
from ghosteam.problem.spec import Problem

DAY, MONTH, YEAR = parse_period("1d"), parse_period("1 month"), parse_period("1y")
QUARTER, HALF_YEAR = parse_period("3 months"), parse_period("6 months")
_TOLD = 3
_PARTS = {1: YEAR, 2: MONTH}


def period_of(problem: Problem, days: Days) -> Period:
    """What the rows of events are counted by: the year or month that their time is made of, or the
    period of which all lie on one day, where ``holdout`` and ``retrain.min_train`` are whole ones;
    else the day.
    """
    expression = problem.event_time_expression
    made_of = DAY
    if isinstance(expression.base, tuple) and not expression.offsets:
        made_of = _PARTS.get(len(expression.base), DAY)
    if made_of == YEAR:
        return YEAR
    dates = sorted(date.fromisoformat(day) for day in days if day != TIMELESS)
    return _of_snapshots(problem, dates) or made_of


def _of_snapshots(problem: Problem, dates: Sequence[date]) -> Period | None:
    """The longest period of which all rows lie on one day, such as the last of each quarter."""
    lengths = (problem.held_out_length.months, problem.retrain.min_train.months)
    if not all(lengths) or len(dates) < 2 or not _on_one_day_of_months(dates):
        return None
    apart = [
        (later.year - day.year) * 12 + later.month - day.month for day, later in pairwise(dates)
    ]
    step = gcd(*lengths, *apart)
    return next(one for one in (YEAR, HALF_YEAR, QUARTER, MONTH) if not step % one.months)


def _on_one_day_of_months(dates: Sequence[date]) -> bool:
    """The same number, or the last day of a month that has no such day."""
    number = max(day.day for day in dates)
    return all(day.day == min(number, calendar.monthrange(day.year, day.month)[1]) for day in dates)


def of_rows(problem: Problem, dataset: str) -> Period:
    """The same of a timed data set, or of facts: its own periods where it has some that are no
    shorter than a day.
    """
    declared = problem.datasets[dataset]
    period = declared.period if declared.every else DAY
    return period if period.longest >= timedelta(days=1) else DAY


def rows_by_period(days: Days, period: Period) -> dict[datetime, int]:
    """Rows by the begin of the period that holds them."""
    found: dict[datetime, int] = {}
    for day, rows in days.items():
        if day != TIMELESS:
            begin = period.begin_of(rows.last)
            found[begin] = found.get(begin, 0) + rows.rows
    return found


def with_outcome(days: Days) -> Days:
    """Those rows that have an outcome, or one that will mature."""
    return {day: replace(rows, rows=rows.labelled) for day, rows in days.items() if rows.labelled}


@dataclass(frozen=True)
class Stretch:
    """Periods that begin at ``begins`` (ascending), and why they matter in words."""

    asked_by: str
    period: Period
    begins: Sequence[datetime]

    @classmethod
    def between(cls, asked_by: str, period: Period, begin: datetime, end: datetime) -> Stretch:
        """The periods that begin in ``[begin, end)``; the one before ``end`` where none does."""
        first = period.begin_of(begin)
        moment, begins = first if first == begin else period.later(first), []
        while moment < end:
            begins.append(moment)
            moment = period.later(moment)
        return cls(asked_by, period, begins or [period.begin_of(end - timedelta(microseconds=1))])

    @property
    def halves(self) -> list[Sequence[datetime]]:
        """Both halves, the first one longer where they cannot be equal; one of one period."""
        middle = (len(self.begins) + 1) // 2
        return [half for half in (self.begins[:middle], self.begins[middle:]) if half]

    def lacks(self, rows: Mapping[datetime, int], share: float, *, by_halves: bool) -> bool:
        """Whether fewer than ``share`` of the periods hold rows; of those of each half."""
        parts = self.halves if by_halves else [self.begins]
        return any(sum(begin in rows for begin in part) < share * len(part) for part in parts)

    def gaps(self, rows: Mapping[datetime, int]) -> Iterator[tuple[datetime, datetime]]:
        """Periods without rows that lie together, by the begins of the first and of the last."""
        for empty, group in groupby(self.begins, lambda begin: begin not in rows):
            if empty:
                together = list(group)
                yield together[0], together[-1]

    def told(self, rows: Mapping[datetime, int]) -> str:
        """How many hold rows, the first of them, and what is missing, in words."""
        holding = [begin for begin in self.begins if begin in rows]
        examples = ", ".join(
            f"{rows[begin]} row{'s' * (rows[begin] != 1)} {self._on(begin)}"
            for begin in holding[:_TOLD]
        )
        more = ", …" if len(holding) > _TOLD else ""
        number = len(self.begins)
        return (
            f"of the {number} {self._unit(number)} that {self.asked_by} asks for, {len(holding)} "
            f"hold{'s' * (len(holding) == 1)} rows{f' ({examples}{more})' if examples else ''}; "
            f"{self.told_gaps(rows)}"
        )

    def told_gaps(self, rows: Mapping[datetime, int]) -> str:
        """What is missing, in words; the longest gaps."""
        found = sorted(self.gaps(rows), key=lambda gap: (gap[0] - gap[1], gap[0]))[:_TOLD]
        spans = [
            self._name(first) if first == last else f"{self._name(first)} to {self._name(last)}"
            for first, last in sorted(found)
        ]
        return f"nothing from {', '.join(spans)}" if spans else ""

    def _unit(self, number: int) -> str:
        name = _UNITS.get(self.period, "period")
        return f"{name}{'s' * (number != 1)}"

    def _on(self, begin: datetime) -> str:
        return f"{_BEFORE_NAMES.get(self.period, 'on')} {self._name(begin)}"

    def _name(self, begin: datetime) -> str:
        return f"{begin:{_NAMES.get(self.period, '%Y-%m-%d')}}"


_NAMES = {MONTH: "%Y-%m", YEAR: "%Y"}
_BEFORE_NAMES = {MONTH: "in", YEAR: "in"} | dict.fromkeys((QUARTER, HALF_YEAR), "from")
_UNITS = {
    DAY: "day",
    MONTH: "month",
    QUARTER: "quarter",
    HALF_YEAR: "half-year",
    YEAR: "year",
}
