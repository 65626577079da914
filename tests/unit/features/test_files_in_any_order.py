"""Small files dropped, repeated, corrected, deleted, told in any order, twice and after kills: what
counts afterwards is what the files that lie there say, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
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
from tests.unit.features.rides import DAY, HOUR, NAMES, ROWS, START, WEATHER, begun

_WEATHER = """  weather:
    key: [line]
    time: at
    every: 1d
    known_after: 1h
    columns: {{line: string, at: timestamp, rain: number}}
features:
  join: [weather.rain, """
TEXT = RIDES.replace("features:\n  join: [", _WEATHER)


class Learned(Files):
    """What is looked up of all times and of a day, and what windows say, online and in the training
    set.
    """

    rows = {**ROWS, "weather": WEATHER}
    names = {**NAMES, "weather": ("line", "at", "rain")}

    def lookups_of(self, line: str, asked: datetime) -> dict[str, float | None]:
        day = begun(asked - HOUR)
        told = newest(counting(self.versions, "weather"), lambda row: row[:2])
        of_day = [(at, rain) for of, at, rain in told if of == line and day - DAY < at <= day]
        rain = max(of_day)[1] if of_day else None
        return {**super().lookups_of(line, asked), "weather__rain": rain}

    def _compare(self) -> None:
        super()._compare()
        active = {name: self.ledger.active("rides", name) for name in self.rows}
        if not all(active.values()):
            return  # a training set needs all that is joined
        rides = newest(counting(self.versions, "rides"), self.identity)
        wanted = {(rider, at): self.features_of(line, at) for rider, at, line, _ in rides}
        parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
        sources = read_sources(self.problem, parts, self._part)
        events = with_last_known(sources.events, self.problem.entity_columns)
        learned = model_frame(join_features(events, self.problem, sources.views), self.problem)
        names = self.problem.feature_names
        found = {
            (row["rider"], row[EVENT_TIME]): {name: row[name] for name in names}
            for row in learned.to_dicts()
        }
        assert found == wanted


IDENTITIES = pytest.mark.parametrize(
    ("declared", "identity"),
    [("", lambda ride: ride[:2]), ("id: [rider]", lambda ride: ride[0])],
    ids=["entity and time", "declared id"],
)


@pytest.mark.parametrize("additive", [True, False], ids=["added to", "made anew"])
@IDENTITIES
def test_what_counts_is_what_lies_there(
    declared: str,
    identity: Callable[[Row], Any],
    additive: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows of aggregates that add up, and of the others, are kept up to date in two ways."""
    for member in (Count, Mean):
        monkeypatch.setattr(member, "additive", additive)
    problem = parse_problem(TEXT.format(id=declared))
    happens(lambda: Learned(problem, identity), examples=40)


@IDENTITIES
def test_the_same_bytes_at_more_keys_than_are_filed_count_the_same(
    declared: str, identity: Callable[[Row], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ghosteam.documents.counted_batch.MOST_PLACES", 1)
    problem = parse_problem(TEXT.format(id=declared))
    happens(lambda: Learned(problem, identity), examples=15)
