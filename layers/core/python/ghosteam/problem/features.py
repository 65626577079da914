"""What a model reads, as ``problem.yaml`` says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ghosteam.problem.derived import Derived
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.lengths import CalendarLength
from ghosteam.problem.strict import Strict
from ghosteam.problem.window import Window

Place = tuple[str | int, ...]


class Features(Strict):
    """``request`` columns come with each request, ``join`` names ``dataset.column``, ``windows``
    are aggregates, ``derived`` are expressions of these and of other columns.

    ``clock``: what training rows see of joined data and windows: what was known at the event's time
    (``known_at``), or what could be read online then (``available_at``). ``online_for``: how long
    joined rows and windows of a period can be read online after its end; None: for ever.
    ``windows_online``: whether each window has online rows of its own, or those over the same rows
    with the same keys and periods share them.
    """

    clock: Literal["known_at", "available_at"] = "known_at"
    request: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    derived: tuple[Derived, ...] = ()
    online_for: CalendarLength | None = None
    windows_online: Literal["apart", "together"] = "apart"

    @property
    def names(self) -> tuple[str, ...]:
        """The features in their fixed order: request, join (``dataset__column``), windows,
        derived.
        """
        return (*self.request, *self.looked_up, *(derived.name for derived in self.derived))

    @property
    def looked_up(self) -> tuple[str, ...]:
        """Those of join and windows."""
        return (
            *(join.replace(".", "__") for join in self.join),
            *(name for window in self.windows for name in window.features),
        )

    @property
    def reads(self) -> tuple[Read, ...]:
        """What derived features read that is none of them, each once."""
        own = {derived.name for derived in self.derived}
        found = (read for derived in self.derived for read in derived.expression.reads)
        return tuple(dict.fromkeys(one for one in found if one.dataset or one.name not in own))

    def behind(self, name: str) -> tuple[tuple[Derived, ...], frozenset[Read]]:
        """What a derived feature follows from: the derived features among it, itself included, and
        what these read that is not derived.
        """
        named = {derived.name: derived for derived in self.derived}
        found, left, reads = dict[str, Derived](), [name], set[Read]()
        while left:
            one = named[left.pop()]
            found[one.name] = one
            own = {read for read in one.expression.reads if not read.dataset and read.name in named}
            reads |= set(one.expression.reads) - own
            left += [read.name for read in own if read.name not in found]
        return tuple(found[name] for name in sorted(found)), frozenset(reads)

    @property
    def joins(self) -> tuple[tuple[Place, str], ...]:
        """Every ``dataset.column`` that is looked up, once, with the field that names it first."""
        found = dict[str, Place]()
        for place, join in self._joins():
            found.setdefault(join, place)
        return tuple((place, join) for join, place in found.items())

    def _joins(self) -> Iterator[tuple[Place, str]]:
        for number, join in enumerate(self.join):
            yield ("features", "join", number), join
        for number, derived in enumerate(self.derived):
            for read in derived.expression.reads:
                if read.dataset:
                    yield ("features", "derived", number, "expr"), str(read)
