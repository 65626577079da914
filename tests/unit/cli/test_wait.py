"""``ghosteam wait`` tells each change once, and ends when nothing more can come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli.wait import QUIET_SECONDS, wait
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.state_keys import Key
from tests import documents

WAITING = Readiness(False, ("waiting, because 10 rows have an outcome",))


@dataclass
class Scene:
    """A loop in which each pause is the next of ``moments``: changes of what it holds."""

    moments: list[dict[str, Any]] = field(default_factory=list)
    problem: str = "orders"
    batches: tuple[BatchRecord, ...] = ()
    materialized: set[str] = field(default_factory=set)
    runs: tuple[Run, ...] = ()
    champion: Slot | None = None
    readiness: Readiness | None = None
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def document(self, key: Key[Any]) -> Any:
        return self.readiness if key.text == "readiness" else None

    def documents(self, prefix: Key[Any]) -> list[Any]:
        return []

    def lost_messages(self) -> list[str]:
        return ["Ingest-DeadLetters: 1"]

    def step_of(self, run_id: str) -> str | None:
        return "TrainFamilies"

    def sleep(self, seconds: float) -> None:
        self.seconds += 30
        for name, value in (self.moments.pop(0) if self.moments else {}).items():
            setattr(self, name, value)

    def wait(self, seconds: float = 3600) -> bool:
        clock: Callable[[], float] = lambda: self.seconds  # noqa: E731
        return wait(
            self,
            seconds=seconds,
            say=self.lines.append,
            why_rejected=lambda batch: "3 of 4 rows break the contract",
            sleep=self.sleep,
            clock=clock,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def batch(status: str, **more: Any) -> BatchRecord:
    return documents.batch("b1", status=status, **more)


def run(status: str, **more: Any) -> Run:
    finished = None if status in ("running", "registered") else documents.DAY
    return documents.run("r1", status=status, finished_at=finished, **more)


def test_a_dropped_file_is_followed_to_the_model_that_serves() -> None:
    good = batch("validated", rows=10, valid_rows=9, quarantined_rows=1)
    scene = Scene(
        [
            {"batches": (batch("ingesting"),)},
            {"batches": (good,), "readiness": WAITING},
            {"materialized": {"b1"}},
            {"runs": (run("running"),)},
            {"runs": (run("registered", version="1"),)},
            {"runs": (run("promoted", version="1"),), "champion": documents.slot("1")},
        ]
    )
    assert scene.wait() is True
    told = [
        "being read and checked",
        "9 of 10 rows let in, 1 in quarantine",
        "no run yet: waiting, because 10 rows have an outcome",
        "its features are online",
        "run r1 was started by drift",
        "TrainFamilies",
        "Version 1 is registered",
        "Version 1 serves: ./ghosteam predict orders",
    ]
    places = [next(n for n, line in enumerate(scene.lines) if text in line) for text in told]
    assert places == sorted(places)
    assert len({*scene.lines}) == len(scene.lines)


def test_a_rejected_file_says_why_and_that_nothing_is_at_work() -> None:
    scene = Scene(batches=(batch("rejected"),))
    assert scene.wait() is False
    assert "rejected: 3 of 4 rows break the contract" in scene.text
    assert "Nothing is at work" in scene.text and "Ingest-DeadLetters: 1" in scene.text
    assert scene.seconds >= QUIET_SECONDS


def test_nothing_that_landed_is_said_with_the_command() -> None:
    scene = Scene()
    assert scene.wait() is False
    assert "./ghosteam drop orders FILE" in scene.text


@pytest.mark.parametrize("status", ["refused", "failed"])
def test_a_run_that_gave_no_model_is_no_success(status: str) -> None:
    scene = Scene(runs=(run(status, reasons=("beats_baseline: not better",)),))
    assert scene.wait() is False
    assert "beats_baseline: not better" in scene.text and status in scene.lines[-1]


def test_a_model_that_serves_already_is_enough() -> None:
    scene = Scene(champion=documents.slot("3"), batches=(batch("validated"),))
    assert scene.wait() is True
    assert "Version 3 serves" in scene.lines[-1]


def test_what_takes_too_long_is_left() -> None:
    scene = Scene(batches=(batch("ingesting"),))
    assert scene.wait(seconds=120) is False
    assert "Not done after 2 minutes" in scene.lines[-1]
