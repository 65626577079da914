"""One family of errors that answers one question: who has to act?

Code raises these and looks at their class and fields; nobody parses their text. The text says what
was wrong, where it was and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class GhosteamError(Exception):
    """Base of the family. ``where`` locates the fault (file, row, column, field), ``remedy`` says
    what to do.

    ``internal``: it names parts of the deployment or holds another system's words, which callers of
    the API do not see.
    """

    def __init__(
        self,
        message: str,
        *,
        where: Mapping[str, object] | None = None,
        remedy: str = "",
        internal: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where: dict[str, object] = dict(where or {})
        self.remedy = remedy
        self.internal = internal

    def __str__(self) -> str:
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        text = f"{self.message} ({place})" if place else self.message
        return f"{text}. {self.remedy}" if self.remedy else text

    def as_record(self) -> dict[str, object]:
        """JSON-ready form for logs, quarantine records and HTTP answers."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "where": {name: _plain(value) for name, value in self.where.items()},
            "remedy": self.remedy,
        }


class InvalidInput(GhosteamError):
    """The caller or the data owner must act: a 4xx answer, a quarantine record, a rejected
    batch.
    """


class ManyFaults(InvalidInput):
    """Everything that is wrong with one input, each fault with its place; as an error it is the
    first of them. More than ``MOST_TOLD`` are counted, not told.
    """

    MOST_TOLD = 50

    def __init__(self, faults: Sequence[InvalidInput]) -> None:
        first, more = faults[0], len(faults) - self.MOST_TOLD
        super().__init__(first.message, where=first.where, remedy=first.remedy)
        rest = [InvalidInput(f"and {more} more faults", remedy="Fix these first")]
        self.faults = [*faults[: self.MOST_TOLD], *(rest if more > 0 else ())]

    def as_record(self) -> dict[str, object]:
        """The first fault's, and ``faults``: all of them."""
        told = [
            {name: value for name, value in fault.as_record().items() if name != "error"}
            for fault in self.faults
        ]
        return {**super().as_record(), "error": InvalidInput.__name__, "faults": told}


class NotFound(InvalidInput):
    """What was named does not exist: a 404."""


class Forbidden(InvalidInput):
    """The caller may not do that: a 403."""


class TooLarge(InvalidInput):
    """The input is over a documented limit: a 413."""


class Conflict(GhosteamError):
    """Someone else holds what was asked for (a lease, a newer version). Not a fault; the caller may
    come back later.
    """


class Busy(Conflict):
    """Another one holds the lease and is at work: nothing is wrong, and nothing is left to do now.
    A plain Conflict lost a race for a document instead, which a retry cures.
    """


class Transient(GhosteamError):
    """A dependency failed in a way that a retry may cure."""


class Defect(GhosteamError):
    """Our fault, or the deployment's: a retry will not help and an operator must look."""


LONGEST_PLACE = 1_024
"""Characters of what says where a fault is: no shorter than the longest key of an object. A caller
may call a field by a text of any length.
"""


def _plain(value: object) -> object:
    if isinstance(value, int | float) or value is None:
        return value
    text = str(value)
    return text if len(text) <= LONGEST_PLACE else f"{text[: LONGEST_PLACE - 1]}…"


class Unfinished(GhosteamError):
    """Nothing is wrong: work that is done in parts did not fit into one turn. What is done is on
    record, and the same message, at the end of its line, does more of it.
    """
