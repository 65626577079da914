"""The invocation document of the scheduled checks: ``{"problem", "as_of"?, "tell"?}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ghosteam.errors import InvalidInput
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem


def parse_check(
    event: Mapping[str, object], problems: Mapping[str, Problem]
) -> tuple[Problem, datetime | None]:
    """The problem and the business time it names (aware UTC), or None for "now".

    Raises:
        InvalidInput: ``problem`` is missing, or ``as_of`` is not an ISO-8601 time with a zone.
        NotFound: there is no such problem.
    """
    name = event.get("problem")
    if not isinstance(name, str):
        raise InvalidInput(
            "The problem is missing",
            where={"field": "problem"},
            remedy='Send {"problem": "<name>"}',
        )
    return find_problem(problems, name), parse_moment(event.get("as_of"))


def parse_tell(event: Mapping[str, object]) -> bool:
    """Whether metrics and events are to say what a check finds; they do unless ``tell`` is false.
    Raises InvalidInput.
    """
    tell = event.get("tell", True)
    if not isinstance(tell, bool):
        raise InvalidInput(
            f"{tell!r} is neither true nor false",
            where={"field": "tell"},
            remedy="Write true, or false for windows of long ago that nobody is to be told of",
        )
    return tell


def parse_moment(text: object) -> datetime | None:
    """An ISO-8601 time with a zone as aware UTC; None stays None. Raises InvalidInput."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(
            f"{text!r} is not a time with a zone",
            where={"field": "as_of"},
            remedy="Write ISO-8601 with a zone, such as 2013-07-08T00:00:00Z",
        )
    return moment.astimezone(UTC)
