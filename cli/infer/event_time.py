"""When a row's prediction is asked, by the columns that tell times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from cli.infer.clocks import clock_beside, names_months, shows_a_clock
from cli.infer.column import InferredColumn
from cli.infer.date_parts import Part, in_range, part_of_date
from cli.infer.finding import Inference, Sureness
from ghosteam.data.derive import time_column
from ghosteam.errors import InvalidInput
from ghosteam.problem.timeexpr import NO_TIME, parse_time_expression, written_column

_EARLY = re.compile(
    r"^(date|time|datetime|timestamp|ts|at)$|start|begin|open|creat|order|book|ask|"
    r"request|event|observ|measur|depart|arriv|sched|posted|transaction",
    re.I,
)
_LATE = re.compile(
    r"end|clos|resolv|finish|complet|deliver|updat|modif|paid|return|cancel|ship|"
    r"expir|last|due|until|actual",
    re.I,
)
_OF_THINGS = re.compile(r"birth|dob|born|signup|sign_up|regist|join|hire|built|founded|since", re.I)
_MISSING = 0.05
_WHOLE = 3
"""Parts of a date that is a day."""


@dataclass(frozen=True)
class TimeGuess:
    """``expression`` as the grammar has it; ``columns`` that it reads; ``step``: what its values
    are whole numbers of, a year (366 days), a month (31), a day or less.
    """

    expression: str
    columns: tuple[str, ...] = ()
    step: timedelta = timedelta()
    findings: tuple[Inference, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether events have a time."""
        return self.expression != NO_TIME


def guess_time(
    rows: pl.DataFrame, columns: Mapping[str, InferredColumn], *, asked: str | None = None
) -> TimeGuess:
    """``asked``: what the user says: a timestamp column, the parts of a date or a day and a clock
    with commas between them, or ``none``.

    Raises:
        InvalidInput: what is asked for is no time.
    """
    if asked is not None:
        return _asked(rows, columns, asked)
    parts = _parts(rows, columns)
    stamps = sorted(
        (name for name, found in columns.items() if _usable(found)),
        key=lambda name: -_merit(name),
    )
    if stamps and (_merit(stamps[0]) > -2 or len(stamps) == 1):
        return _of_stamp(rows, columns, stamps, parts)
    if "year" in parts:
        return _of_parts(rows, columns, parts)
    why = "no column holds times" if not stamps else f"{stamps[0]!r} is no time of an event"
    lacking = [one for one in columns.values() if one.type == "timestamp" and not _usable(one)]
    if not stamps and (often := [one for one in lacking if one.distinct > 1]):
        why = f"{often[0].missing} of {often[0].rows} rows lack {often[0].name!r}"
    return TimeGuess(NO_TIME, findings=(Inference("event_time", f"none: {why}", "fairly sure"),))


def _usable(found: InferredColumn) -> bool:
    return (
        found.type == "timestamp" and found.distinct > 1 and found.missing <= _MISSING * found.rows
    )


def _merit(name: str) -> int:
    if _OF_THINGS.search(name):
        return -2
    return 2 * bool(_EARLY.search(name)) - bool(_LATE.search(name))


def _parts(rows: pl.DataFrame, columns: Mapping[str, InferredColumn]) -> dict[Part, str]:
    """Columns that are parts of a date, by the part; the first of each."""
    found: dict[Part, str] = {}
    for name, column in columns.items():
        part = part_of_date(name)
        if part is None or part in found or column.nullable:
            continue
        is_number = column.type == "integer" and in_range(part, column.low, column.high)
        if is_number or (part == "month" and names_months(rows, column)):
            found[part] = name
    return found


def _on_its_day(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    parts: Mapping[Part, str],
    day: Sequence[str],
) -> tuple[str, list[str]]:
    """What is added to a day to make it a time, and the columns of that: an hour and minutes, or
    what a clock shows; nothing where there is no such thing.
    """
    if "hour" in parts:
        clock: list[Part] = ["hour", "minute"] if "minute" in parts else ["hour"]
        read = [parts[part] for part in clock]
        return "".join(f" + {written_column(parts[part])} {part}s" for part in clock), read
    shown = clock_beside(rows, columns, day=day, merit=_merit)
    return (f" + {written_column(shown)} clock", [shown]) if shown else ("", [])


def _of_stamp(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    stamps: Sequence[str],
    parts: Mapping[Part, str],
) -> TimeGuess:
    name = stamps[0]
    others = [other for other in stamps[1:] if _merit(other) == _merit(name)]
    sure: Sureness = "a guess" if others else ("sure" if len(stamps) == 1 else "fairly sure")
    expression, read = written_column(name), [name]
    if _whole_days(rows[name]):
        more, beside = _on_its_day(rows, columns, parts, read)
        expression, read = expression + more, [*read, *beside]
    told = f"a prediction is asked at {expression}"
    if others:
        told += f", and not at {', '.join(others)}"
    if lost := rows[name].null_count():
        told += f"; {lost} rows lack it, and are quarantined"
    return _guess(rows, expression, tuple(read), Inference("event_time", told, sure))


def _of_parts(
    rows: pl.DataFrame, columns: Mapping[str, InferredColumn], parts: Mapping[Part, str]
) -> TimeGuess:
    date: list[Part] = ["year"]
    if "month" in parts:
        date += ["month", "day"] if "day" in parts else ["month"]
    read = [parts[part] for part in date]
    expression = f"date({', '.join(map(written_column, read))})"
    if len(date) == _WHOLE:
        more, beside = _on_its_day(rows, columns, parts, read)
        expression, read = expression + more, [*read, *beside]
    sure: Sureness = "sure" if len(date) == _WHOLE else "fairly sure"
    if len(date) == 1:
        sure = "a guess"
    told = Inference("event_time", f"split over columns: {expression}", sure)
    found = _guess(rows, expression, tuple(read), told)
    if found.step == timedelta() and _times(rows, expression).n_unique() < 2:
        return TimeGuess(
            NO_TIME, findings=(Inference("event_time", "none: all rows have one", "fairly sure"),)
        )
    return found


def _asked(rows: pl.DataFrame, columns: Mapping[str, InferredColumn], asked: str) -> TimeGuess:
    if asked.strip() == NO_TIME:
        told = Inference("event_time", "none, as you say", "sure")
        return TimeGuess(NO_TIME, findings=(told,))
    names = [asked] if asked in columns else [name.strip() for name in asked.split(",")]
    for name in names:
        if name not in columns:
            raise InvalidInput(
                f"There is no column {name!r}",
                where={"option": "--time", "columns": ", ".join(columns)},
                remedy="Name a column, the parts of a date as in --time year,month,day, or none",
            )
    kinds = [columns[name].type for name in names]
    parts = _parts(rows, columns)
    if kinds == ["timestamp"]:
        expression = written_column(names[0])
        if _whole_days(rows[names[0]]):
            more, beside = _on_its_day(rows, columns, parts, names)
            expression, names = expression + more, [*names, *beside]
    elif len(names) <= 3 and all(
        kind == "integer" or (place == 1 and names_months(rows, columns[name]))
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ):
        expression = f"date({', '.join(map(written_column, names))})"
    elif kinds[0] == "timestamp" and len(names) == 2 and shows_a_clock(rows, columns[names[1]]):
        expression = f"{written_column(names[0])} + {written_column(names[1])} clock"
    else:
        example = columns[names[0]].example
        raise InvalidInput(
            f"{asked!r} is no time: such as {example!r}",
            where={"option": "--time", "type": kinds[0]},
            remedy="Name a column of dates (say --day-first or --month-first where both would do), "
            "columns as in --time year,month,day, or a day and a clock as in --time date,time",
        )
    told = Inference("event_time", f"{expression}, as you say", "sure")
    return _guess(rows, expression, tuple(names), told)


def _guess(
    rows: pl.DataFrame, expression: str, read: tuple[str, ...], told: Inference
) -> TimeGuess:
    return TimeGuess(expression, read, step_of(_times(rows, expression)), (told,))


def _times(rows: pl.DataFrame, expression: str) -> pl.Series:
    return rows.select(time_column(parse_time_expression(expression)).alias("t"))["t"].drop_nulls()


def _whole_days(times: pl.Series) -> bool:
    known = times.drop_nulls()
    return bool((known == known.dt.truncate("1d")).all())


def step_of(times: pl.Series) -> timedelta:
    """What times are whole numbers of: years, months, days, or nothing longer than an hour."""
    known = times.drop_nulls()
    if known.n_unique() < 2:
        return timedelta()
    for every, step in (("1y", 366), ("1mo", 31), ("1d", 1)):
        if (known == known.dt.truncate(every)).all():
            return timedelta(days=step)
    return timedelta(hours=1)
