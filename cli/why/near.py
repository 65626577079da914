"""Names that are near to one that is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ghosteam.errors import NotFound

SHOWN = 5


def unknown(problem: str, what: str, wanted: str, known: Sequence[str]) -> NotFound:
    """The error for a name that nothing is on record of; ``known``: those there are, the newest
    last.
    """
    close = near(wanted, known)
    if close:
        remedy = f"Near ones: {', '.join(close)}"
    elif known:
        remedy = f"The newest: {', '.join(known[-SHOWN:])}"
    else:
        remedy = "There is none yet"
    return NotFound(f"There is no {what} {wanted!r} of {problem}", remedy=remedy)


def near(wanted: str, known: Sequence[str]) -> list[str]:
    """Those that hold it or that it holds, then those that are spelt much like it."""
    small = wanted.lower()
    parts = [one for one in known if small in one.lower() or (one and one.lower() in small)]
    alike = get_close_matches(wanted, known, n=SHOWN)
    return list(dict.fromkeys([*parts, *alike]))[:SHOWN]
