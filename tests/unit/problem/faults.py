"""What the grammar finds wrong with a changed problem."""

from __future__ import annotations

import pytest

from ghosteam.errors import InvalidInput
from ghosteam.problem.load import InvalidProblems, parse_problem


def faults_of(text: str, *changes: tuple[str, str]) -> list[InvalidInput]:
    """The faults of the problem ``text`` after the ``changes``: each an old and a new piece."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(InvalidProblems) as caught:
        parse_problem(text)
    return [fault for fault in caught.value.faults if isinstance(fault, InvalidInput)]
