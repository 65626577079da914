"""What a model reads, as ``problem.yaml`` says it."""

from __future__ import annotations

from typing import Literal

from ghosteam.problem.lengths import CalendarLength
from ghosteam.problem.strict import Strict
from ghosteam.problem.window import Window


class Features(Strict):
    """``request`` columns come with each request, ``join`` names ``dataset.column``, ``windows``
    are aggregates.

    ``clock``: what training rows see of joined data and windows: what was known at the event's time
    (``known_at``), or what could be read online then (``available_at``). ``online_for``: how long
    joined rows of a period, and windows of a day, can be read online after its end; None: for ever.
    """

    clock: Literal["known_at", "available_at"] = "known_at"
    request: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    online_for: CalendarLength | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The features in their fixed order: request, join (``dataset__column``), windows."""
        return (
            *self.request,
            *(join.replace(".", "__") for join in self.join),
            *(name for window in self.windows for name in window.features),
        )
