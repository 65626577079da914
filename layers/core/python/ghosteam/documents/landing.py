"""What a key of the landing bucket holds: the versions of its object, by the events that told of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar

from ghosteam.documents.stored import Stored

_SEQUENCER_DIGITS = 64
_REMEMBERED = 50
_EQUAL_VERSIONS = 20


def sequence(sequencer: str) -> str:
    """A sortable form of S3's ``sequencer``: compared as text, the shorter one padded on the right
    with zeros.

    It orders the events of one key only. Source: Amazon S3 User Guide, "Event message structure".
    """
    return sequencer.upper().ljust(_SEQUENCER_DIGITS, "0")


@dataclass(frozen=True)
class Held:
    """A version of a landing object. ``batch_id``: its content, None where the object was deleted;
    ``landed_at``: ISO-8601 UTC; ``version_id``: S3's, None in a bucket without versions.
    """

    batch_id: str | None
    sequencer: str
    landed_at: str
    version_id: str | None = None


Settled = Callable[[str], bool]
"""Whether a batch, by its id, is validated."""


@dataclass(frozen=True)
class Landing(Stored):
    """``held``: the newest version first, down to those that counted before the ones that do;
    ``removed``: ids of versions that were deleted for good, which count no more but keep their
    place in time; ``ignored``: sequencers of events that came after they could matter.

    ``erased``: ids of versions that are held and were deleted for good because rows of an entity
    had to go. The others of their rows count as before, by what the lake has of them.
    """

    kind: ClassVar[str] = "landing"
    schema_version: ClassVar[int] = 3

    held: tuple[Held, ...] = ()
    removed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()

    def counting(self, validated: Settled) -> Held | None:
        """What counts: the newest version whose batch is validated, as it was when its content came
        here: equal content that lands on top of it changes nothing. None when there is none, or
        the object is deleted.
        """
        state, _ = self._state(validated)
        return state[-1] if state and state[-1].batch_id is not None else None

    def passed(self, validated: Settled) -> set[str]:
        """Validated batches that are held and do not count here."""
        counting = self.counting(validated)
        held = {one.batch_id for one in self.held if one.batch_id and validated(one.batch_id)}
        return held - {counting.batch_id if counting else None}

    def with_version(self, version: Held) -> Landing:
        """With a version more, or the same one told again."""
        others = [one for one in self.held if one.sequencer != version.sequencer]
        held = sorted([version, *others], key=lambda one: sequence(one.sequencer), reverse=True)
        return replace(self, held=tuple(held))

    def without_version(self, version_id: str) -> Landing:
        """With a version that was deleted for good, whether it is known yet or not."""
        if version_id in self.erased:
            return self
        removed = [known for known in self.removed if known != version_id]
        return replace(self, removed=(*removed, version_id)[-_REMEMBERED:])

    def erasing(self, version_ids: Collection[str]) -> Landing:
        """With versions whose objects are about to go, while what is left of their rows stays."""
        gone = {*self.erased, *version_ids}
        held = {one.version_id for one in self.held if one.version_id in gone}
        return replace(self, erased=tuple(sorted(one for one in held if one)))

    def ignoring(self, sequencer: str) -> Landing:
        """With a late event."""
        ignored = [known for known in self.ignored if known != sequencer]
        return replace(self, ignored=(*ignored, sequencer)[-_REMEMBERED:])

    def dropping(self, versions: Sequence[Held]) -> Landing:
        """Without versions that can count no more."""
        return replace(self, held=tuple(one for one in self.held if one not in versions))

    def is_late(self, sequencer: str, validated: Settled) -> bool:
        """Whether a version is older than those that would count if the newest were deleted."""
        _, before = self._state(validated)
        return bool(before) and sequence(sequencer) < sequence(before[-1].sequencer)

    def needless(self, validated: Settled) -> list[Held]:
        """Versions on which nothing depends: late ones, and, of many equal ones, all but the oldest
        and the newest.
        """
        return [
            *(one for one in self.held if self.is_late(one.sequencer, validated)),
            *(one for run in self._state(validated) for one in run[_EQUAL_VERSIONS:-1]),
        ]

    def _state(self, validated: Settled) -> tuple[list[Held], list[Held]]:
        """The versions of equal content, one after the other, that are the object's state, and
        those that were its state before; the newest first. What is not validated, and was not a
        deletion, never was its state.
        """
        settled = [one for one in self.held if one.batch_id is None or validated(one.batch_id)]
        runs = [list(equal) for _, equal in groupby(settled, lambda one: one.batch_id)]
        there = [any(one.version_id not in self.removed for one in run) for run in runs]
        newest = there.index(True) if True in there else len(runs)
        state, before = ([*runs[newest : newest + 2], [], []])[:2]
        return state, before
