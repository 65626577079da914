"""Windows of business time: stretches of one length whose ends lie on a grid from the Unix epoch;
those of months and years end where the calendar's do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ghosteam.problem.lengths import Length
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.periods import Period

Span = tuple[datetime, datetime]


def window_end_at(moment: datetime, *, length: Length) -> datetime:
    """End of the newest window on the grid that is over at ``moment`` (aware)."""
    if length.months:
        return Period(length.months, length.rest, EPOCH).begin_of(moment)
    return EPOCH + (moment - EPOCH) // length.rest * length.rest


def window_of(moment: datetime, *, length: Length) -> datetime:
    """End of the window on the grid that holds ``moment``: it begins at or before it."""
    return length.after(window_end_at(moment, length=length))


def windows_ended_within(begin: datetime, end: datetime, *, length: Length) -> list[datetime]:
    """Ends on the grid in ``(begin, end]``, ascending: the windows after whose end data exist."""
    ends = []
    moment = window_end_at(end, length=length)
    while moment > begin:
        ends.append(moment)
        moment = length.before(moment)
    return ends[::-1]


def windows_changed_by(
    span: Span, *, before: datetime | None, newest: datetime | None, length: Length
) -> list[datetime]:
    """Ends of the windows that a batch of outcomes changes or completes, ascending.

    ``span``: the oldest and newest event of the batch; ``newest``: the newest event of all batches
    that count, ``before``: of those that end before this one begins. A window is looked at when
    events past its end are known, and it holds events of the batch or ends between them and those
    before.
    """
    begin, end = span
    known_to = min(max(end, newest or end), length.after(end))
    return windows_ended_within(before or begin, known_to, length=length)


def windows_that_hold(moments: Iterable[datetime], *, length: Length) -> list[datetime]:
    """Ends of the windows that hold the moments (aware), ascending."""
    return sorted({window_of(moment, length=length) for moment in moments})
