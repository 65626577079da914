"""Small files dropped, repeated, corrected, deleted, told in any order, twice and after kills: what
counts afterwards is what the files that lie there say, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ghosteam.features.aggregates.count import Count
from ghosteam.features.aggregates.mean import Mean
from ghosteam.problem.load import parse_problem
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, Row


@pytest.mark.parametrize("additive", [True, False], ids=["added to", "made anew"])
@pytest.mark.parametrize(
    ("declared", "identity"),
    [("", lambda ride: ride[:2]), ("id: [rider]", lambda ride: ride[0])],
    ids=["entity and time", "declared id"],
)
def test_what_counts_is_what_lies_there(
    declared: str,
    identity: Callable[[Row], Any],
    additive: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows of aggregates that add up, and of the others, are kept up to date in two ways."""
    for member in (Count, Mean):
        monkeypatch.setattr(member, "additive", additive)
    problem = parse_problem(RIDES.format(id=declared))
    happens(lambda: Files(problem, identity), examples=40)
