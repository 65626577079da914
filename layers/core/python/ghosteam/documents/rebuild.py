"""How far the work is that a changed definition makes necessary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ghosteam.documents.published_definition import DefinitionDigests
from ghosteam.documents.stored import Moment, Stored

NO_FOLDER = DefinitionDigests("", "")
"""What was wanted last of a problem whose folder is gone."""
StepKind = Literal["read", "validate", "rebuild"]


@dataclass(frozen=True)
class RebuildStep:
    """What is done with every batch of a data set."""

    kind: StepKind
    dataset: str


@dataclass(frozen=True, kw_only=True)
class Rebuild(Stored):
    """The work of the change that is on record ``at`` its time, while not all of it is on the
    queues. ``steps`` are left, of the first of them those batches that are sorted behind ``after``;
    ``moved_at``: when some were put there last.

    ``begun``: definitions by which batches may have been made, beside the one in force; the last
    one that which is to be in force next. It stays where a folder goes, for the one that comes.
    """

    kind: ClassVar[str] = "rebuild"

    begun: tuple[DefinitionDigests, ...]
    at: Moment
    moved_at: Moment
    steps: tuple[RebuildStep, ...]
    after: str = ""

    @property
    def wanted(self) -> DefinitionDigests:
        """The definition that is to be in force next."""
        return self.begun[-1]

    @property
    def folders(self) -> list[DefinitionDigests]:
        """By which batches may have been made."""
        return [one for one in self.begun if one != NO_FOLDER]

    def past(self, batch_id: str) -> Rebuild:
        """With the first step done as far as a batch."""
        return replace(self, after=batch_id)

    def past_step(self) -> Rebuild:
        """With the first step done."""
        return replace(self, steps=self.steps[1:], after="")

    def is_same_work(self, other: Rebuild) -> bool:
        """Whether both tell of one change's work."""
        return (self.at, self.begun) == (other.at, other.begun)

    def or_further(self, known: Rebuild) -> Rebuild:
        """This one, or what is known of the same work where that is further, or of other work."""
        if not self.is_same_work(known):
            return known
        return max(self, known, key=lambda one: (-len(one.steps), one.after))


def with_begun(known: Rebuild | None, *digests: DefinitionDigests) -> tuple[DefinitionDigests, ...]:
    """What has begun when, after what is ``known``, others are wanted, the last of them last."""
    begun = known.begun if known else ()
    return (*(one for one in begun if one not in digests), *digests)
