"""Calls of the API, and what the log keeps of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ghosteam.steps.prediction_log import read_made
from tests.flow.world import World

Row = dict[str, Any]


def ask(world: World, rows: Sequence[Row]) -> list[Row]:
    """Predictions for any number of rows, a hundred a request."""
    answers: list[Row] = []
    for first in range(0, len(rows), 100):
        response = world.api.request(
            "POST", "/v1/flights/predict", json={"instances": rows[first : first + 100]}
        )
        assert response.status_code == 200, response.text
        answers += response.json()["predictions"]
    return answers


def logged(world: World, ids: set[str], within: float = 60) -> dict[str, Row]:
    """The logged predictions of these ids, by id, once all have reached the lake."""
    hour, found = timedelta(hours=1), dict[str, Row]()

    def look() -> bool:
        now = datetime.now(UTC)
        log = read_made(world.lake, world.state, problem=world.problem, since=now - hour, until=now)
        assert not log.damaged
        found.update((row["prediction_id"], row) for row in log.predictions.to_dicts())
        return ids <= found.keys()

    world.eventually(
        f"log of all {len(ids)} predictions in the lake", look, logs_of=("predict",), within=within
    )
    return {name: found[name] for name in ids}


class Traffic(threading.Thread):
    """Asks for one flight after the other until it is stopped; keeps every answer that is not a
    prediction.
    """

    def __init__(self, world: World, rows: Sequence[Row]) -> None:
        super().__init__(daemon=True)
        self._api, self._rows, self._over = world.connection.api(), rows, threading.Event()
        self.answered, self.failures = 0, list[str]()

    def run(self) -> None:
        for number in range(10**9):
            row = self._rows[number % len(self._rows)]
            try:
                response = self._api.request(
                    "POST", "/v1/flights/predict", json={"instances": [row]}
                )
                if response.status_code == 200:
                    self.answered += 1
                else:
                    self.failures.append(f"{response.status_code} {response.text}")
            except Exception as error:
                self.failures.append(repr(error))
            if self._over.wait(0.1):
                return

    def __enter__(self) -> Traffic:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(60)
        self._api.close()
