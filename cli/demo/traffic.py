"""Traffic on the API: asked in the foreground, and kept up in the background while models
change.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import httpx

from cli.connection import Connection
from ghosteam.serving.scopes import scope_of

BATCH = 5
PAUSE = 0.35


class Traffic:
    """Asks for predictions and keeps count of every request."""

    def __init__(self, connection: Connection, problem: str) -> None:
        self._connection = connection
        self._path = f"/v1/{problem}/predict"
        self._scope = scope_of("predict", problem)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._rows: list[dict[str, Any]] = []
        self.requests = 0
        self.predictions = 0
        self.failures: list[str] = []
        self.milliseconds: list[float] = []
        self.versions: Counter[str] = Counter()

    def ask(self, rows: list[dict[str, Any]], *, batch: int = 20) -> list[dict[str, Any]]:
        """Predictions for all rows, in requests of ``batch`` rows; failed requests are counted and
        give none.
        """
        api = self._connection.api(self._scope)
        try:
            answers = []
            for start in range(0, len(rows), batch):
                answers += self._one(api, rows[start : start + batch])
            return answers
        finally:
            api.close()

    def keep_up(self, rows: list[dict[str, Any]]) -> None:
        """Ask about these rows over and over in the background, from now on, until :meth:`stop`."""
        self._rows = rows
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the background traffic."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=60)

    def percentile(self, share: float) -> float:
        """A percentile of the requests' milliseconds, seen by the client."""
        ordered = sorted(self.milliseconds)
        return (
            ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
        )

    def _run(self) -> None:
        api = self._connection.api(self._scope)
        start = 0
        while not self._stop.is_set():
            rows = self._rows
            self._one(api, rows[start % len(rows) :][:BATCH])
            start += BATCH
            self._stop.wait(PAUSE)
        api.close()

    def _one(self, api: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        start = time.perf_counter()
        try:
            answer = api.request("POST", self._path, json={"instances": rows})
            predictions: list[dict[str, Any]] = (
                answer.json()["predictions"] if answer.status_code == 200 else []
            )
            failure = (
                "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:300]}"
            )
        except (httpx.HTTPError, ValueError, KeyError) as error:
            predictions, failure = [], repr(error)
        with self._lock:
            self.requests += 1
            self.milliseconds.append((time.perf_counter() - start) * 1000)
            self.predictions += len(predictions)
            self.versions.update(prediction["model_version"] for prediction in predictions)
            if failure:
                self.failures.append(failure)
        return predictions
