"""The problems beside flights: what their history is, and what comes later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cli.demo.event_table import EventTable
from cli.demo.glucose import glucose_table
from cli.demo.seattle import seattle_table

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Case:
    """``history``: the period whose events and outcomes are known first; ``later``: the window of
    ``watch.window`` that is predicted then; ``every``: how long a file of its outcomes is. They go
    on for one file after the window, as they do in life.
    """

    problem: str
    dataset: str
    table: EventTable
    history: Span
    later: Span
    every: timedelta

    def history_file(self) -> bytes:
        """All that is known at first."""
        return self.table.csv(*self.history)

    def outcome_files(self) -> Mapping[str, bytes]:
        """The files of outcomes that come later, by name, in their order."""
        begin, end = self.later
        files = {}
        while begin < end + self.every:
            files[f"{begin:%Y-%m-%d}.csv"] = self.table.csv(begin, begin + self.every)
            begin += self.every
        return files


def cases() -> dict[str, Case]:
    """By the problem's name."""
    found = (
        Case(
            "glucose",
            "readings",
            glucose_table(),
            (_day(2010, 4, 15), _day(2010, 7, 1)),
            (_day(2010, 7, 1), _day(2010, 7, 8)),
            timedelta(days=3),
        ),
        Case(
            "seattle",
            "days",
            seattle_table(),
            (_day(2012, 1, 1), _day(2015, 5, 5)),
            (_day(2015, 5, 5), _day(2015, 7, 4)),
            timedelta(days=20),
        ),
    )
    return {case.problem: case for case in found}


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)
