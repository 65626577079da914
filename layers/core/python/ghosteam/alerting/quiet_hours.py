"""Hours of the day in which a channel is told of nothing but what is critical."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ghosteam.problem.moments import zone_of

EXAMPLE = "22:00-07:00 Europe/Berlin"
_FORM = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d) (\S+)", re.ASCII)


@dataclass(frozen=True)
class QuietHours:
    """From ``begin`` to ``end`` by the wall clocks of ``zone``, over midnight where the end comes
    first.
    """

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """``22:00-07:00 Europe/Berlin``. Raises ValueError for anything else."""
        found = _FORM.fullmatch(text)
        try:
            if not found:
                raise ValueError(f"{text!r} are no quiet hours")
            begin, end = map(time.fromisoformat, found.groups()[:2])
            if begin == end:
                raise ValueError(f"{text!r} are quiet all day")
            return cls(begin, end, zone_of(found[3]))
        except ValueError as error:
            raise ValueError(f"{error}; write them as {EXAMPLE!r}") from None

    def end_of(self, moment: datetime) -> datetime | None:
        """When the quiet ends that there is at ``moment``, in UTC; None where there is none."""
        local = moment.astimezone(self.zone)
        clock, over_midnight = local.time(), self.end < self.begin
        if over_midnight:
            inside = clock >= self.begin or clock < self.end
        else:
            inside = self.begin <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=int(over_midnight and clock >= self.begin))
        end = datetime.combine(day, self.end, self.zone).astimezone(UTC)
        # Clocks that are put back show an hour twice: what ends in its first turn has ended.
        return end if end > moment else None

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone.key}"
