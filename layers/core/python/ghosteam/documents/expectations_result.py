"""What a suite of Great Expectations said of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class ExpectationsResult(Stored):
    """What a suite of Great Expectations said of the valid rows of a batch, as they were in
    ``revision``. ``suite``: digest (SHA-256) of its file; ``failed``: a line for each of the
    ``expectations`` that was not met, which quotes no row; ``library``: its version.
    """

    kind: ClassVar[str] = "expectations result"

    problem: str
    dataset: str
    batch_id: str
    revision: str
    suite: str
    library: str
    rows: int
    expectations: int
    failed: tuple[str, ...]
    at: Moment

    @property
    def met(self) -> bool:
        """Whether every expectation was."""
        return not self.failed

    @property
    def told(self) -> str:
        """In a line."""
        if self.met:
            return f"all {self.expectations} expectations are met"
        return f"{len(self.failed)} of {self.expectations} expectations are not met"
