"""How times are written in files where they are not ISO 8601: a format of strptime's directives.

A format has one meaning: months and days of the week have their English names, a year has four
digits, and a number that stands directly beside another has all of its digits. What it does not say
is the first: a month's first day, and of a day its midnight. It reads no text of ISO 8601 as
another time than that is.

Source of the directives: Python, ``datetime.strptime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Annotated

from pydantic import AfterValidator

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_SHORT = 3
_ONE_TO_TWO = r"\d\d?"
_PATTERNS = {
    "Y": r"\d{4}",
    **dict.fromkeys("mdHIMS", _ONE_TO_TWO),
    "f": r"\d{1,9}",
    "j": r"\d{1,3}",
    "p": r"[AaPp]\.?[Mm]\.?",
    "z": r"[Zz]|[+-]\d\d:?\d\d",
    "b": "|".join(name[:_SHORT] for name in MONTHS),
    "B": "|".join(MONTHS),
    "a": "|".join(name[:_SHORT] for name in _DAYS),
    "A": "|".join(_DAYS),
}
_DIGITS = {**dict.fromkeys("mdHIMS", r"\d\d"), "j": r"\d{3}", "Y": r"\d{4}", "f": r"\d{1,9}"}
"""Directives that are numbers, and what they look like directly beside another."""
_REFUSED = {
    "y": "a year of two digits names no century: write %Y, and four digits in the files",
    "s": "a number since 1970 has a 'unit' and no format",
    "Z": "names of zones are no offsets: write %z, or the name as it stands and a 'zone'",
    "c": "it means something else in each country: write its parts",
    "x": "it means something else in each country: write its parts",
    "X": "it means something else in each country: write its parts",
}
_PROBE = datetime(2001, 2, 3, 4, 5, 6)
"""Its parts are all different, as days and as months."""
_NOON = 12


def _checked(text: str) -> str:
    directives = [part[1] for part in _parts(text) if part[0] == "%" and part != "%%"]
    for one in directives:
        if one in _REFUSED:
            raise ValueError(f"%{one} in {text!r}: {_REFUSED[one]}")
        if one not in _PATTERNS:
            known = ", ".join(f"%{name}" for name in _PATTERNS)
            raise ValueError(f"%{one} in {text!r} is no directive; there are {known}")
        if directives.count(one) > 1:
            raise ValueError(f"%{one} stands twice in {text!r}")
    there = set(directives)
    months, days = there & {"m", "b", "B"}, there & {"d"}
    of_year = there & {"j"}
    if len(months) > 1 or (of_year and (months or days)):
        raise ValueError(f"{text!r} says the day more than once")
    if "Y" not in there or not (of_year or months):
        raise ValueError(f"{text!r} names no day: it needs %Y, %m (or %b, %B) and %d; or %Y and %j")
    if months and not days and there & {"H", "I"}:
        raise ValueError(f"{text!r}: a time of day needs %d")
    if ("I" in there) != ("p" in there) or {"H", "I"} <= there:
        raise ValueError(f"{text!r}: hours are %H, or %I with %p")
    hour = bool(there & {"H", "I"})
    if ("M" in there and not hour) or ("S" in there and "M" not in there):
        raise ValueError(f"{text!r}: minutes need hours, and seconds need minutes")
    if "f" in there and "S" not in there:
        raise ValueError(f"{text!r}: a fraction needs seconds")
    _check_beside_iso(text)
    return text


def _check_beside_iso(text: str) -> None:
    """Raises ValueError where one text would be two times."""
    shown = _PROBE.strftime(text)
    try:
        iso = datetime.fromisoformat(shown)
    except ValueError:
        return
    read = read_moment(shown, text)
    if read is not None and read.replace(tzinfo=None) != iso.replace(tzinfo=None):
        raise ValueError(
            f"{text!r} reads {shown} as another time than ISO 8601 does, which files and requests "
            "may always have: write such times as ISO 8601"
        )


TimeFormat = Annotated[str, AfterValidator(_checked)]


@cache
def pattern_of(text: str) -> str:
    """A regular expression of all texts that a format can mean, with a group for each directive; in
    Python's and in Rust's language.
    """
    parts = list(_parts(text))
    found = []
    for place, part in enumerate(parts):
        if part.isspace():
            found.append(r"\s+")
        elif part[0] != "%" or part == "%%":
            found.append(re.escape(part[-1]))
        else:
            beside = (*parts[max(0, place - 1) : place], *parts[place + 1 : place + 2])
            tight = part[1] in _DIGITS and any(map(_is_digits, beside))
            found.append(f"(?P<{part[1]}>{(_DIGITS if tight else _PATTERNS)[part[1]]})")
    return "".join(found)


@cache
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(pattern_of(text), re.ASCII | re.IGNORECASE)


def read_moment(text: str, form: str) -> datetime | None:
    """The time that a text of a format says: aware where the format has ``%z``; None for a text of
    another form.

    Raises:
        ValueError: there is no such time in the calendar.
    """
    found = _compiled(form).fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    year, hour = int(parts["Y"]), int(parts.get("H") or 0)
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= _NOON:
            raise ValueError(f"there is no such time: {hour} o'clock of twelve")
        hour = hour % _NOON + _NOON * (parts["p"][0] in "pP")
    try:
        day = _day(year, parts)
        moment = day.replace(
            hour=hour,
            minute=int(parts.get("M") or 0),
            second=int(parts.get("S") or 0),
            microsecond=int((parts.get("f") or "0").ljust(6, "0")[:6]),
        )
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no such time: {error}") from error
    return moment.replace(tzinfo=_offset(parts["z"])) if "z" in parts else moment


def _day(year: int, parts: dict[str, str]) -> datetime:
    if "j" in parts:
        day = datetime(year, 1, 1) + timedelta(days=int(parts["j"]) - 1)
        if day.year != year:
            raise ValueError(f"{year} has no day {parts['j']}")
        return day
    name = parts.get("b") or parts.get("B")
    month = _month(name) if name else int(parts["m"])
    return datetime(year, month, int(parts.get("d") or 1))


def _month(name: str) -> int:
    short = name[:_SHORT].lower()
    return next(n for n, one in enumerate(MONTHS, 1) if one[:_SHORT].lower() == short)


def _offset(text: str) -> timezone:
    if text in "zZ":
        return UTC
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-size if text[0] == "-" else size)


def _is_digits(part: str) -> bool:
    return part[1] in _DIGITS if part[0] == "%" else part.isdigit()


def _parts(text: str) -> Iterator[str]:
    """Directives (``%Y``), runs of blanks and single other characters, in their order."""
    for found in re.finditer(r"%.|\s+|.", text, re.DOTALL):
        part = found[0]
        if part == "%":
            raise ValueError(f"{text!r} ends in a %")
        yield part
