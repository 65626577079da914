"""Folders change while files land in any order and processes are killed: afterwards everything is
as if the newest folder had always been there, and the model that serves finds the rows that it
learned by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ghosteam.documents.event import Event
from ghosteam.errors import Unfinished
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.online_versions import versions_of
from ghosteam.features.training_set import read_sources
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.turns import More
from ghosteam.steps.accept_rows import Kind
from ghosteam.steps.follow_landing import follow_landing
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.online_features import read_online
from ghosteam.steps.online_versions import OnlineStore
from ghosteam.steps.publish_definitions import publish_definition
from ghosteam.steps.window_parts import parts_of
from tests.unit.data.memory import MemoryObjects
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, File, Row, Version, counting, newest
from tests.unit.features.rides import DAY, HOUR, LINES, START

_NEEDED = 'line: string, delay: "number?"'
_GOOD_RIDE = (1, START + 12 * HOUR, "red", 1.0)
_GOOD_BUS = ("red", 20)


@dataclass(frozen=True)
class Said:
    """What a folder says, beside what all of them say."""

    needs_line: bool = True
    longest_delay: float | None = None
    late_after: int = 5
    over: timedelta = 2 * DAY
    window: str = "late_2d"
    seats: str = "integer"
    windows_online: str = "apart"

    @cached_property
    def problem(self) -> Problem:
        bounded = f"{{type: number, nullable: true, max: {self.longest_delay}}}"
        delay = '"number?"' if self.longest_delay is None else bounded
        line = "string" if self.needs_line else '"string?"'
        text = RIDES.format(id="").replace(_NEEDED, f"line: {line}, delay: {delay}")
        text = text.replace("delay > 5", f"delay > {self.late_after}")
        text = text.replace("name: late_2d", f"name: {self.window}")
        text = text.replace("over: 2d", f"over: {self.over // DAY}d")
        told = f"  windows_online: {self.windows_online}\n  windows:"
        text = text.replace("  windows:", told)
        return parse_problem(text.replace("seats: integer", f'seats: "{self.seats}"'))

    def lets_in(self, row: Row) -> bool:
        """Whether a row satisfies the contract."""
        if len(row) == 2:
            return row[1] is not None or self.seats.endswith("?")
        _, _, line, delay = row
        too_long = self.longest_delay is not None and (delay or 0) > self.longest_delay
        return not too_long and (line is not None or not self.needs_line)

    def features(self, rides: list[Row], buses: Mapping[str, Any], line: str, day: int) -> Any:
        """What a model that learned by the folder is to find."""
        midnight = START + (day - 1) * DAY
        late = [
            delay > self.late_after
            for _, starts, of, delay in rides
            if of == line and delay is not None and midnight - self.over <= starts + HOUR < midnight
        ]
        return {
            "buses__seats": buses.get(line),
            self.window: sum(late) / len(late) if late else None,
            "rides_2d": len(late),
        }


FOLDERS = (
    Said(),
    Said(needs_line=False),
    Said(longest_delay=8.0),
    Said(late_after=0),
    Said(over=DAY),
    Said(window="delayed_2d"),
    Said(seats="number"),
    Said(seats="integer?"),
    Said(windows_online="together"),
    Said(needs_line=False, late_after=8, over=DAY, seats="number?"),
)


class Folders(Files):
    """Files in any order, under folders that change."""

    def __init__(self) -> None:
        super().__init__(FOLDERS[0].problem, lambda ride: ride[:2])
        self.said = self.serving = FOLDERS[0]
        artifacts = MemoryObjects("artifacts", self.kill)
        self.publishing = Publishing(self.state, artifacts, self.bus, part=2)
        self.served = [self.serving]
        self._publish()

    @rule(said=st.sampled_from(FOLDERS), at=st.none() | st.integers(0, 9))
    def deploy(self, said: Said, at: int | None) -> None:
        """A folder is deployed; what comes into force may be killed, and is then asked again."""
        self._works_by(said)
        self._surely(self._publish, at)

    @rule(said=st.sampled_from(FOLDERS), at=st.none() | st.integers(3, 12))
    def fail_to_deploy(self, said: Said, at: int | None) -> None:
        """The same, killed when it is on record that it begins; nobody asks again but the next
        deployment, or whoever goes on later.
        """
        self._works_by(said)
        with suppress(Unfinished):
            self._survives(self._publish_a_part, at)

    def _works_by(self, said: Said) -> None:
        self.said, self.problem = said, said.problem
        problems = {"rides": self.problem}
        self.ingest = replace(self.ingest, problems=problems)
        self.validation = replace(self.validation, problems=problems)

    @rule()
    def promote(self) -> None:
        """A model that learned by the folder serves from now on. Its rows are there by then."""
        self.settle(0)
        self.serving = self.said
        self.served.append(self.said)

    @rule(place=st.integers(0, 5), at=st.none() | st.integers(0, 6))
    def go_back(self, place: int, at: int | None) -> None:
        """A model that served before does so again. Its rows may be gone, or of then."""
        self.serving = self.served[place % len(self.served)]
        self._surely(lambda: self._until_done(self._follow_needs), at)

    @rule(at=st.none() | st.integers(0, 12))
    def remove_unneeded(self, at: int | None) -> None:
        """The clock asks for it; a killed process asks again, or not before the next day."""
        with suppress(Unfinished):
            self._survives(self._remove_unneeded, at)

    def settle(self, seed: int) -> None:
        self._publish()
        super().settle(seed)
        self._until_done(self._remove_unneeded)
        self._compare()
        there = {identity.partition("#")[0] for _, identity in self.online.items}
        needed = versions_of([self.problem, *self.also])
        assert {identity.removeprefix("rides.") for identity in there} <= needed

    def _surely(self, act: Callable[[], None], at: int | None) -> None:
        if not self._survives(act, at):
            act()

    def _until_done(self, act: Callable[[], None]) -> None:
        while True:
            with suppress(Unfinished):
                act()
                return

    def _store(self) -> OnlineStore:
        return OnlineStore("rides", self.state, self.online, "on")  # type: ignore[arg-type]

    def _follow_needs(self) -> None:
        self._store().follow_needs(self.problem, self.also, self.bus, more=self.time_for_more())

    def _remove_unneeded(self) -> None:
        self._follow_needs()
        self._store().remove_unneeded([self.problem, *self.also], more=self.time_for_more())

    def _publish(self) -> None:
        self._until_done(self._publish_a_part)

    def _publish_a_part(self) -> None:
        now = START + 31 * DAY + self.kill.calls * HOUR
        folder, more = Folder(self.problem), self.time_for_more()
        publish_definition(folder, self.publishing, now=now, more=more)

    def land(self, key: str, file: File) -> None:
        # A file always has a row that every folder lets in: of a refused one S3 keeps versions
        # that are not remembered here.
        super().land(key, (*file, _GOOD_RIDE if len(file[0]) == 4 else _GOOD_BUS))

    def send(self, kind: Kind, file: File, by_prediction: bool = False) -> None:
        super().send(kind, (*file, _GOOD_RIDE), by_prediction)

    def may_be_sent(self, row: Row) -> bool:
        return self.said.lets_in(row)

    def _version(self, key: str, file: File | None) -> str:
        name = super()._version(key, file)
        if file is not None:
            self.versions[key][-1] = Version(file, self.moment, name)
        return name

    def _take(self, event: dict[str, Any]) -> None:
        follow_landing(event, self.ingest, now=START + 31 * DAY + self.kill.calls * HOUR)

    def _follow(self, event: Event) -> None:
        if event.type == "ReadAgain":
            told = {"detail-type": event.type, "detail": event.detail()}
            follow_landing(told, self.ingest, now=START + 31 * DAY)
        else:
            self._follow_needs()
            super()._follow(event)

    @property
    def also(self) -> list[Problem]:
        return [self.serving.problem]

    def _compare(self) -> None:
        rides, buses = self._rows("rides"), dict(self._rows("buses"))
        active = {name: self.ledger.active("rides", name) for name in ("rides", "buses")}
        if rides and buses:
            parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
            events = read_sources(self.problem, parts, self._part).events
            found = events.select("rider", "starts", "line", "delay").rows()
            assert sorted(found, key=str) == sorted(rides, key=str)
        asked = [(line, day) for line in LINES for day in range(1, 7)]
        for said in {self.said, self.serving}:
            online = read_online(
                self.online,  # type: ignore[arg-type]
                said.problem,
                "on",
                [{"line": line} for line, _ in asked],
                [START + (day - 1) * DAY + HOUR for _, day in asked],
            )
            for (line, day), row in zip(asked, online, strict=True):
                assert row.features == said.features(rides, buses, line, day), (line, day, said)

    def _rows(self, dataset: str) -> list[Row]:
        """What the files that count say, by the newest folder."""
        files = [
            tuple(row for row in file if self.said.lets_in(row))
            for file in counting(self.versions, dataset)
        ]
        identity = self.identity if dataset == "rides" else lambda row: row[0]
        return newest(files, identity, good=lambda file: list(file))


class FoldersInParts(Folders):
    """Each turn is over after one part."""

    def __init__(self) -> None:
        super().__init__()
        self.online.page = 7

    def time_for_more(self) -> More:
        left = iter([True])
        return lambda: next(left, False)


def test_folders_change_and_nothing_of_the_past_is_left() -> None:
    happens(Folders, examples=60)


def test_what_is_made_and_removed_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(parts_of, rows=3, batches=2)
    monkeypatch.setattr("ghosteam.steps.materialize_windows.parts_of", small)
    happens(FoldersInParts, examples=30)
