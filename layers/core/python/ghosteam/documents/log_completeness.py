"""What an hour of the prediction log holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class LogCompleteness(Stored):
    """Predictions ``made`` in an ``hour``, as the API counted them, and those of them in the log;
    ``checked_at``: when they were compared.
    """

    kind: ClassVar[str] = "log completeness"

    hour: Moment
    made: int
    logged: int
    checked_at: Moment
