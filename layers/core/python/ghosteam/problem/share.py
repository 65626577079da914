"""A share of all rows: ``20%``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ghosteam.problem.lengths import Length, parse_length

SHARE = r"[0-9]{1,2}(?:\.[0-9]{1,2})? *%"
"""The texts that are shares, as a regular expression for Python and for a JSON Schema."""


@dataclass(frozen=True)
class Share:
    """``fraction`` of the rows, in [0, 1)."""

    fraction: float

    def __str__(self) -> str:
        """As ``problem.yaml`` writes it."""
        return f"{100 * self.fraction:g}%"


def parse_length_or_share(text: object) -> Length | Share:
    """``"14d"`` or ``"20%"``.

    Raises:
        ValueError: the text is neither.
    """
    if isinstance(text, Share):
        return text
    if isinstance(text, str) and re.fullmatch(SHARE, text.strip()):
        return Share(float(text.strip().removesuffix("%")) / 100)
    try:
        return parse_length(text)
    except ValueError as error:
        raise ValueError(f"{error}; or, of events without a time, a share: 20%") from error


LengthOrShare = Annotated[
    Length | Share,
    BeforeValidator(parse_length_or_share),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "duration or share"}),
]
