"""What a moment is by calendar and clock. Moments are microseconds since 1970, as wide as every
store on the way holds them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ghosteam.problem.moments import EPOCH, zone_of

PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda moment: moment.year,
    "quarter": lambda moment: (moment.month + 2) // 3,
    "month": lambda moment: moment.month,
    "week": lambda moment: moment.isocalendar().week,
    "day": lambda moment: moment.day,
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
    "dow": lambda moment: moment.isoweekday() % 7,
    "isodow": lambda moment: moment.isoweekday(),
    "doy": lambda moment: moment.timetuple().tm_yday,
}
"""As SQL counts them: ``dow`` from Sunday, 0, ``isodow`` from Monday, 1; weeks are ISO 8601's."""
_MICROSECONDS = 1_000_000


def part(name: str) -> Callable[..., int | None]:
    """A function that gives a part of a moment, in UTC or on the wall clocks of a zone."""
    of = PARTS[name]

    def found(moment: int, zone: str = "UTC") -> int | None:
        try:
            told = EPOCH + timedelta(microseconds=moment)
            return of(told if zone == "UTC" else told.astimezone(zone_of(zone)))
        except OverflowError:  # Outside of the years 1 to 9999.
            return None

    return found


def epoch(moment: int) -> float:
    """Seconds since 1970."""
    return moment / _MICROSECONDS
