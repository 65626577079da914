"""What files say of rides and lines, by plain loops over those that lie there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ghosteam.problem.spec import Problem
from tests.unit.features.oracle import Counted, Row, Version, counting, newest
from tests.unit.features.posts import Posts
from tests.unit.features.rides import DAY, HOUR, in_window


class Told(Posts):
    """``versions``: what S3 keeps at each landing key; ``identity``: what tells rides apart."""

    def __init__(self, problem: Problem, identity: Callable[[Row], Any]) -> None:
        super().__init__(problem)
        self.identity = identity
        self.versions: dict[str, list[Version]] = defaultdict(list)

    def features_of(self, line: str, asked: datetime) -> dict[str, float | None]:
        """What is known of a line at a time, as the files say it."""
        rides = newest(counting(self.versions, "rides"), self.identity)
        counted = [
            (ride, late, known)
            for ride, (late, known) in zip(rides, map(self.told_of, rides), strict=True)
            if ride[2] == line and late is not None and known is not None
        ]
        return {**self.lookups_of(line, asked), **self.windows_of(counted, asked)}

    def lookups_of(self, line: str, asked: datetime) -> dict[str, float | None]:
        """What is looked up at a time of a line."""
        buses = dict(newest(counting(self.versions, "buses"), lambda row: row[0]))
        return {"buses__seats": buses.get(line)}

    def windows_of(self, rides: Sequence[Counted], asked: datetime) -> dict[str, float | None]:
        """What windows say at a time of a line, of which these rides have an outcome."""
        late = [late for _, late, known in rides if in_window(known, asked, 2 * DAY)]
        return {"late_2d": sum(late) / len(late) if late else None, "rides_2d": len(late)}

    def told_of(self, ride: Row) -> tuple[float | None, datetime | None]:
        """Whether a ride was late, and when that was known, as the files say it."""
        _, starts, _, delay = ride
        return (None, None) if delay is None else (float(delay > 5), starts + HOUR)
