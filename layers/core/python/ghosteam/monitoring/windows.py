"""Windows of business time: stretches of one length whose ends lie on a grid from the Unix
epoch.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_end_at(moment: datetime, *, length: timedelta) -> datetime:
    """End of the newest window on the grid that is over at ``moment`` (aware)."""
    return _EPOCH + (moment - _EPOCH) // length * length


def windows_ended_within(begin: datetime, end: datetime, *, length: timedelta) -> list[datetime]:
    """Ends on the grid in ``(begin, end]``, ascending: the windows after whose end data exist."""
    ends = []
    moment = window_end_at(end, length=length)
    while moment > begin:
        ends.append(moment)
        moment -= length
    return ends[::-1]
