"""All that windows can say, by a plain loop over the rides that count: online, whatever happened to
their files, and in the training set.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.training_set import read_sources
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, Counted, Row
from tests.unit.features.rides import DAY, HOUR, LINES, START, begun, in_window

_WINDOWS = """
    - {{name: late, by: [line], rate: late, over: [2d, 1d], min_rows: 1}}
    - {{name: busy, by: [line], count: rows, over: 2d, ratio_to: 3d}}
    - {{name: slow, by: [line], count: rows, over: [1d], where: "delay > 1 AND rider < 9"}}
    - {{name: own, by: [line, rider], sum: delay, over: 2d}}
    - {{name: spread, by: [line], std: delay, over: [2d, 3d], min_rows: 2}}
    - {{name: worst, by: [line], max: delay, over: [1d, 3d]}}
    - {{name: best, by: [line], min: delay, over: 2d, where: "delay > 1"}}
    - {{name: riders, by: [line], distinct: rider, over: [1d, 3d]}}
    - {{name: newest, by: [line], last: delay, over: 3d}}
    - {{name: before, by: [line], lag: delay, n: 2, over: 3d}}
    - {{name: quiet, by: [line], time_since: rows, over: 3d}}
    - {{name: soon, by: [line], rate: late, over: [1d, 30m, 3h], min_rows: 1}}
    - {{name: rush, by: [line], count: rows, over: 1h, ratio_to: 1d}}
    - {{name: hot, by: [line, rider], max: delay, over: [5h, 1h]}}
    - {{name: gap, by: [line], time_since: rows, over: 30m}}
"""
TEXT = RIDES[: RIDES.index("    - {{name")] + _WINDOWS.lstrip("\n")
TOGETHER = TEXT.replace("  windows:", "  windows_online: together\n  windows:")


MINUTE = HOUR / 60


def plainly(rides: Sequence[Counted], asked: datetime) -> dict[str, float | None]:
    """The definition, read literally; ``rides`` are of one line."""

    def covered(length: timedelta, every: timedelta) -> list[Counted]:
        return [one for one in rides if in_window(one[2], asked, length, every)]

    def over(days: int) -> list[Counted]:
        return covered(days * DAY, DAY)

    def soon(length: timedelta, every: timedelta) -> float | None:
        found = [late for _, late, _ in covered(length, every)]
        return statistics.fmean(found) if found else None

    def hot(length: timedelta, every: timedelta) -> float | None:
        found = covered(length, every)
        return max((ride[3] for ride, _, _ in found if ride[0] == 1), default=None)

    def delays(days: int, more: float = 0) -> list[float]:
        found = [one for one in over(days) if one[0][3] > more]
        return [ride[3] for ride, _, _ in sorted(found, key=lambda one: (one[2], one[0][3]))]

    def rate(days: int) -> float | None:
        return statistics.fmean(late for _, late, _ in over(days)) if over(days) else None

    def spread(days: int) -> float | None:
        return statistics.stdev(delays(days)) if len(delays(days)) > 1 else None

    known, newest = [at for _, _, at in over(3)], delays(3)
    five = 5 * MINUTE
    just, last_hour, day = (covered(one, five) for one in (30 * MINUTE, HOUR, DAY))
    return {
        "late_2d": rate(2),
        "late_1d": rate(1),
        "busy": len(over(2)) / len(over(3)) if over(3) else None,
        "slow_1d": len(delays(1, more=1)),
        "own": sum(ride[3] for ride, _, _ in over(2) if ride[0] == 1),
        "spread_2d": spread(2),
        "spread_3d": spread(3),
        "worst_1d": max(delays(1), default=None),
        "worst_3d": max(delays(3), default=None),
        "best": min(delays(2, more=1), default=None),
        "riders_1d": len({ride[0] for ride, _, _ in over(1)}),
        "riders_3d": len({ride[0] for ride, _, _ in over(3)}),
        "newest": newest[-1] if newest else None,
        "before": newest[-2] if len(newest) > 1 else None,
        "quiet": (begun(asked) - max(known)).total_seconds() if known else None,
        "soon_30m": soon(30 * MINUTE, five),
        "soon_3h": soon(3 * HOUR, HOUR),
        "soon_1d": rate(1),
        "rush": len(last_hour) / len(day) if day else None,
        "hot_1h": hot(HOUR, five),
        "hot_5h": hot(5 * HOUR, HOUR),
        "gap": (begun(asked, five) - just[-1][2]).total_seconds() if just else None,
    }


class EveryWindow(Files):
    """What is online, and what is learned from, is what a loop says."""

    asked_at = (
        *Files.asked_at,
        # Rides of noon are known at 13:00.
        *(START + 13 * HOUR + minutes * MINUTE for minutes in (0, 4.9, 5, 29, 31, 65, 130, 600)),
        *(START + DAY + 13 * HOUR + minutes * MINUTE for minutes in (7, 34, 59, 190, 300)),
    )

    def windows_of(self, rides: Sequence[Counted], asked: datetime) -> dict[str, float | None]:
        wanted = {
            name: value if value is None else pytest.approx(value, rel=1e-12)
            for name, value in plainly(rides, asked).items()
        }
        if self.sources and rides:
            assert self._learned(str(rides[0][0][2]), asked) == wanted
        return wanted

    def _compare(self) -> None:
        active = {name: self.ledger.active("rides", name) for name in self.rows}
        self.sources: dict[str, pl.DataFrame] = {}
        if all(active.values()):
            parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
            views = read_sources(self.problem, parts, self._part).views
            self.sources.update({name: rows.collect() for name, rows in views.items()})
        super()._compare()

    def _learned(self, line: str, asked: datetime) -> dict[str, Any]:
        """What a training set has for an event of that time."""
        found: dict[str, Any] = {}
        for view in views_of(self.problem):
            if view.kind == "window":
                key = view.key_of({"line": line, "rider": 1}, asked) or {}
                rows = self.sources[view.name].filter(**key)
                for name in view.features.values():
                    found[name] = rows[name].item() if rows.height else view.absent.get(name)
        return found


@pytest.mark.parametrize(
    ("text", "declared", "identity"),
    [
        (TEXT, "", lambda ride: ride[:2]),
        (TEXT, "id: [rider]", lambda ride: ride[0]),
        (TOGETHER, "id: [rider]", lambda ride: ride[0]),
    ],
    ids=["entity and time", "declared id", "in shared rows"],
)
def test_windows_are_a_loop_over_what_counts(
    text: str, declared: str, identity: Callable[[Row], Any]
) -> None:
    problem = parse_problem(text.format(id=declared))
    happens(lambda: EveryWindow(problem, identity), examples=8)


@pytest.mark.parametrize("text", [TEXT, TOGETHER], ids=["apart", "together"])
def test_a_line_by_hand(text: str) -> None:
    problem = parse_problem(text.format(id=""))
    machine = EveryWindow(problem, lambda ride: ride[:2])
    noon = START + 12 * HOUR
    machine.land("rides/buses/a.csv", ((LINES[0], 20),))
    machine.land("rides/rides/a.csv", ((1, noon, LINES[0], 9.0), (2, noon, LINES[0], 1.0)))
    machine.land("rides/rides/b.csv", ((1, noon + DAY, LINES[0], 4.0),))
    machine.settle(0)
    told: list[Counted] = [
        ((1, noon, LINES[0], 9.0), 1.0, noon + HOUR),
        ((2, noon, LINES[0], 1.0), 0.0, noon + HOUR),
        ((1, noon + DAY, LINES[0], 4.0), 0.0, noon + DAY + HOUR),
    ]
    found = plainly(told, START + 2 * DAY)
    assert {name: found[name] for name in list(found)[:15]} == {
        "late_2d": pytest.approx(1 / 3),
        "late_1d": 0.0,
        "busy": 1.0,
        "slow_1d": 1,
        "own": 13.0,
        "spread_2d": pytest.approx((98 / 6) ** 0.5),  # of 9, 1 and 4: 98/3 around their mean
        "spread_3d": pytest.approx((98 / 6) ** 0.5),
        "worst_1d": 4.0,
        "worst_3d": 9.0,
        "best": 4.0,
        "riders_1d": 1,
        "riders_3d": 2,
        "newest": 4.0,
        "before": 9.0,
        "quiet": 11 * 3600.0,
    }
    short = list(found)[15:]
    # Until the five minutes of 13:00 are over they are not counted.
    for minutes, wanted in {
        4.9: [None] * 7,
        5: [0.5, None, None, 1.0, 9.0, None, 300.0],
        31: [0.5, None, None, 1.0, 9.0, None, 1800.0],
        64: [None, 0.5, None, 1.0, 9.0, 9.0, None],
        66: [None, 0.5, None, 0.0, None, 9.0, None],
        240: [None, None, None, 0.0, None, 9.0, None],
    }.items():
        found = plainly(told[:2], noon + HOUR + minutes * MINUTE)
        assert [found[name] for name in short] == wanted, minutes
