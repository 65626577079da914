"""What the mature outcomes of a window of predictions were found to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.stored import Moment


@dataclass(frozen=True, kw_only=True)
class LargerErrors:
    """Errors that were larger than usual, row after row, ``since`` the change point: so many
    ``rows``, ``mean`` is theirs; ``summed`` by the test of Page and Hinkley.
    """

    since: Moment
    rows: int
    mean: float
    summed: float


@dataclass(frozen=True, kw_only=True)
class OutcomeVerdict(DriftVerdict):
    """The same of mature outcomes, and of how they keep what the model's outputs promised: each of
    them in ``features``; ``rows`` are predictions that have their outcome. ``came``: how many
    outcomes there were of each class, from which later windows see a jump; empty where they are
    numbers, or the verdict is undetermined. ``larger_errors``: what later windows go on from; null
    where none are summed up.
    """

    kind: ClassVar[str] = "outcome verdict"
    schema_version: ClassVar[int] = 2

    came: Mapping[str, int] = field(default_factory=dict)
    larger_errors: LargerErrors | None = None
