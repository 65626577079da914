"""Names and texts of times, as ``problem.yaml`` has them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from ghosteam.problem.timeexpr import NO_TIME, parse_time_expression

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


def is_name(text: str) -> bool:
    """Whether a problem may be called so."""
    return _NAME.fullmatch(text) is not None


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(
            f"{text!r} is not a name: use a lower-case letter, then letters, digits or _, at most "
            "31"
        )
    return text


def _time(text: str) -> str:
    if text.strip() == NO_TIME:
        raise ValueError("only event_time may be none: write when, as in 'event_time + 1h'")
    return _event_time(text)


def _event_time(text: str) -> str:
    parse_time_expression(text)
    return text.strip()


Name = Annotated[str, AfterValidator(_name)]
TimeText = Annotated[str, AfterValidator(_time)]
EventTimeText = Annotated[str, AfterValidator(_event_time)]
