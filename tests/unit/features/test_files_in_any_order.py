"""Small files dropped, repeated, corrected, deleted, told in any order, twice and after kills: what
counts afterwards is what the files that lie there say, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ghosteam.features.aggregates.count import Count
from ghosteam.features.aggregates.mean import Mean
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.last_known import with_last_known
from ghosteam.features.training_set import join_features, model_frame, read_sources
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, Row, counting, newest
from tests.unit.features.rides import DAY, START


class LearnedFrom(Files):
    """What a training set joins to each ride, of lookups and windows, is what the oracle says."""

    def _compare(self) -> None:
        super()._compare()
        rides = newest(counting(self.versions, "rides"), self.identity)
        buses: dict[str, int] = dict(newest(counting(self.versions, "buses"), lambda row: row[0]))
        if not (rides and buses):
            return
        active = {name: self.ledger.active("rides", name) for name in self.rows}
        parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
        sources = read_sources(self.problem, parts, self._part)
        events = with_last_known(sources.events, self.problem.entity_columns)
        joined = join_features(events, self.problem, sources.views)
        learned = model_frame(joined, self.problem)
        told = [(ride, *self.told_of(ride)) for ride in rides]
        counted = [
            (ride, late, known)
            for ride, late, known in told
            if late is not None and known is not None
        ]
        wanted = {}
        for rider, starts, line, _ in rides:
            of_line = [one for one in counted if one[0][2] == line]
            windows = self.windows_of(of_line, starts)
            wanted[rider, starts] = {"buses__seats": buses.get(line), **windows}
        found = {
            (row["rider"], row[EVENT_TIME]): {
                name: row[name] for name in self.problem.feature_names
            }
            for row in learned.to_dicts()
        }
        assert found == wanted


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
    happens(lambda: LearnedFrom(problem, identity), examples=40)
