"""What was guessed, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sureness = Literal["sure", "fairly sure", "a guess"]


@dataclass(frozen=True)
class Inference:
    """``about``: a column, a file or a part of the problem; ``text``: what it is taken for, and
    why.
    """

    about: str
    text: str
    sure: Sureness
