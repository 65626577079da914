"""Times as files and requests write them: one strict grammar, read to UTC.

A time is ISO 8601 text, in files also text of a declared format, or a number of a declared unit
since 1970; none is guessed from another. Text without an offset is wall-clock time of the column's
zone, UTC where it names none. Source of what wall clocks skip and repeat: PEP 495.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from ghosteam.problem.time_formats import read_moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Unit = Literal["seconds", "milliseconds", "microseconds"]
Ambiguous = Literal["refuse", "earliest", "latest"]
_PER_UNIT: dict[str, int] = {"seconds": 1_000_000, "milliseconds": 1000, "microseconds": 1}
_DATE = r"\d{4}-\d\d-\d\d"
_ISO_8601 = re.compile(
    rf"{_DATE}[Tt ]\d\d:\d\d(:\d\d([.,]\d{{1,9}})?)?\s?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_DAY = re.compile(_DATE, re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,19}(\.\d+)?", re.ASCII)


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone; write an IANA name such as Europe/Berlin"
        ) from error


def parse_moment(text: str, *, zone: str = "UTC", ambiguous: Ambiguous = "refuse") -> datetime:
    """ISO 8601 text with a time of day, as a moment in UTC.

    Raises:
        ValueError: it is none, there is no such day, or the zone's wall clocks never show it, or
            show it twice and ``ambiguous`` does not say which is meant.
    """
    if not _ISO_8601.fullmatch(text):
        raise ValueError("a time is text such as 2013-04-01T09:00:00Z")
    return placed(_of_calendar(text.upper().replace(" Z", "Z")), zone, ambiguous)


def parse_cell(
    text: str,
    *,
    unit: Unit | None,
    zone: str = "UTC",
    ambiguous: Ambiguous = "refuse",
    form: str | None = None,
) -> datetime:
    """A file's cell as a moment in UTC: ISO 8601, a day (its midnight), text of the format
    ``form``, or with a ``unit`` a number.

    Raises:
        ValueError: it is none of these, see :func:`parse_moment`.
    """
    if unit is not None and _NUMBER.fullmatch(text):
        return since_epoch(float(text) if "." in text else int(text), unit)
    if form is not None and (moment := read_moment(text, form)) is not None:
        return placed(moment, zone, ambiguous)
    if _DAY.fullmatch(text):
        return placed(_of_calendar(text), zone, ambiguous)
    return parse_moment(text, zone=zone, ambiguous=ambiguous)


def since_epoch(number: float, unit: Unit) -> datetime:
    """So many units after 1970-01-01T00:00Z, to the microsecond.

    Raises:
        ValueError: that is outside of the years 1 to 9999.
    """
    try:
        return EPOCH + timedelta(microseconds=round(number * _PER_UNIT[unit]))
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{number} {unit} after 1970 are in no year") from error


def _of_calendar(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"there is no such time: {error}") from error


def placed(moment: datetime, zone: str, ambiguous: Ambiguous) -> datetime:
    """A moment in UTC; one without an offset is what the zone's wall clocks show.

    Raises:
        ValueError: see :func:`parse_moment`.
    """
    if moment.tzinfo is None:
        local = moment.replace(tzinfo=zone_of(zone))
        first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
        if first != second:
            if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != moment:
                raise ValueError(f"clocks of {zone} never show {moment.isoformat(' ')}")
            if ambiguous == "refuse":
                raise ValueError(
                    f"clocks of {zone} show {moment.isoformat(' ')} twice: write its offset, or "
                    "declare 'ambiguous: earliest' or 'latest'"
                )
        moment = local.replace(fold=int(ambiguous == "latest"))
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("there is no such time between the years 1 and 9999") from error
