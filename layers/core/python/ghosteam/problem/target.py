"""What a problem predicts."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from pydantic import field_validator, model_validator

from ghosteam.problem.lengths import NOTHING, CalendarLength
from ghosteam.problem.names import Name, TimeText
from ghosteam.problem.strict import Strict
from ghosteam.problem.text_values import MAX_TEXT

_WORD = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|[^\W\d]\w*""")
UNKNOWN = "unknown"


def words_of(expr: str) -> frozenset[str]:
    """Words and quoted texts of a SQL expression: the columns that it reads are among them, without
    the double quotes or backticks that names with blanks stand in.
    """
    return frozenset(_unquoted(word) for word in _WORD.findall(expr))


class Target(Strict):
    """What is predicted. ``expr`` is a SQL expression over the columns of the events, and of the
    labels where there are; null where the outcome is not known. ``classes`` are the values that it
    can have, where they are no numbers: for a binary problem two, of which the last is predicted.

    ``matures``: how long after an event its outcome can be taken for final; ``absent``: the outcome
    that one without any then has, or ``unknown``. Events without a time have none of the two, nor
    ``known_at``: their outcomes are known from when they arrive on.
    """

    name: Name
    expr: str
    known_at: TimeText | None = None
    matures: CalendarLength = NOTHING
    absent: bool | int | float | str = UNKNOWN
    classes: tuple[str, ...] = ()

    @property
    def absent_text(self) -> str:
        """``absent`` as a class's text: YAML reads ``no`` as false."""
        return str(self.absent).lower() if isinstance(self.absent, bool) else str(self.absent)

    @property
    def words(self) -> frozenset[str]:
        """See :func:`words_of`."""
        return words_of(self.expr)

    @field_validator("classes", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """YAML reads ``[1, 2]`` and ``[true, false]`` as what they look like; classes are texts."""
        if not isinstance(value, list | tuple):
            return value
        return tuple(
            ("true" if item else "false")
            if isinstance(item, bool)
            else str(item)
            if isinstance(item, int)
            else item
            for item in value
        )

    @model_validator(mode="after")
    def _classes_differ(self) -> Target:
        if twice := [name for name, count in Counter(self.classes).items() if count > 1]:
            raise ValueError(f"classes has {twice[0]!r} more than once")
        if wrong := [name for name in self.classes if not 0 < len(name) <= MAX_TEXT]:
            raise ValueError(f"a class has 1 to {MAX_TEXT} characters, not {len(wrong[0])}")
        return self


def _unquoted(word: str) -> str:
    return word[1:-1].replace('""', '"') if word[0] in '"`' else word
