"""Rows that callers post, by the code behind the API: events, and outcomes under their event's name
or a prediction's id. They land as files of their own, to which everything happens that can happen
to files.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem
from ghosteam.serving.labels import PREDICTION_ID
from ghosteam.serving.prediction_id import prediction_id
from ghosteam.steps.accept_rows import EVENTS, LABELS, Kind, Posting, accept_rows
from tests.builders import csv_bytes, json_lines
from tests.unit.data.memory import MemoryObjects
from tests.unit.data.world import Kill
from tests.unit.features.oracle import File, Row, good
from tests.unit.features.rides import DAY, PLACES, ROWS, START

FIELDS = {EVENTS: "events", LABELS: "labels"}


class Posts(RuleBasedStateMachine):
    """``rows`` and ``names``: by data set, what its rows may be and the names of their columns.
    ``keys``: landing keys to which something may happen. ``moment`` grows with all that lands.
    ``bodies``: as what rows landed at a key.
    """

    rows = ROWS
    names: dict[str, tuple[str, ...]]
    keys: list[str]
    moment = 0

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem
        self.posted: list[tuple[Kind, File, bool]] = []
        self.bodies: dict[tuple[str, File], bytes] = {}

    @rule(outcomes=st.booleans(), by_prediction=st.booleans(), data=st.data())
    def post(self, outcomes: bool, by_prediction: bool, data: st.DataObject) -> None:
        """New events, corrected ones, and ones with their outcome; or outcomes, corrected or taken
        back.
        """
        kind = LABELS if outcomes and self.problem.labels else EVENTS
        rows = self.rows[kind.dataset(self.problem) or ""]
        self.send(kind, tuple(data.draw(st.lists(rows, min_size=1, max_size=3))), by_prediction)

    @rule(place=PLACES)
    def post_again(self, place: int) -> None:
        """A caller sends once more what it sent, now or long ago."""
        if self.posted:
            self.send(*self.posted[place % len(self.posted)])

    def send(self, kind: Kind, file: File, by_prediction: bool = False) -> None:
        """Post rows; where one of them is refused none may land."""
        dataset = kind.dataset(self.problem)
        assert dataset is not None
        named = [dict(zip(self.names[dataset], row, strict=True)) for row in file]
        if by_prediction and kind is LABELS:
            named = [self._under_a_prediction(row) for row in named]
        known = (PREDICTION_ID, *self.problem.datasets[dataset].columns)
        body = {FIELDS[kind]: [{name: row[name] for name in known if name in row} for row in named]}
        posting = Posting("rides", json.dumps(body, default=datetime.isoformat))
        landing, problems = MemoryObjects("landing", Kill()), {"rides": self.problem}
        now = START + 30 * DAY + timedelta(seconds=self.moment + 1)
        complete = all(self.may_be_sent(row) for row in file)
        try:
            answer = accept_rows(kind, posting, landing=landing, problems=problems, now=now)
        except InvalidInput:
            assert not complete and not landing.bodies
            return
        assert complete and answer["accepted"] == len(file)
        self.posted.append((kind, file, by_prediction))
        key = str(answer["key"])
        self.keys.append(key)
        self.arrive(key, file, landing.get(key))

    def may_be_sent(self, row: Row) -> bool:
        """Whether it holds all that is asked for, and nothing that is not let in."""
        return bool(good((row,)))

    def written(self, key: str, file: File) -> bytes:
        """Rows as a file that may lie at a key."""
        names = self.names[key.split("/")[1]]
        write = csv_bytes if key.endswith(".csv") else json_lines
        return write(dict(zip(names, row, strict=True)) for row in file)

    @abstractmethod
    def arrive(self, key: str, file: File, body: bytes) -> None:
        """A file of these rows lies there, and S3 tells of it."""

    def _under_a_prediction(self, row: dict[str, Any]) -> dict[str, Any]:
        named = self.problem.label_key
        id = prediction_id(self.problem, row, unique="abc")
        return {PREDICTION_ID: id, **{name: row[name] for name in row if name not in named}}
