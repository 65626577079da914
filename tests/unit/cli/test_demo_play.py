"""A demo states what must happen, and fails when it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cli.demo.play import Play
from cli.demo.run import run_demo
from cli.demo.stages import DemoFailed, Stages
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from tests import documents


@dataclass
class Ended:
    """A loop in which nothing happens any more."""

    runs: list[Run]
    champion: Slot | None = None
    batches: list[Any] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def evaluation(self, run_id: str) -> None:
        return None

    def lost_messages(self) -> list[str]:
        return self.lost


def play(loop: Ended) -> Play:
    made = Play("flights", Stages(Console(record=True)))
    made.loop = loop  # type: ignore[assignment]
    return made


PROMOTED = documents.run("r1", status="promoted", reasons=("better",))
REFUSED = documents.run("r1", status="refused", reasons=("worse than the champion",))
MINE = documents.slot("1", run_id="r1")


def test_what_must_happen_is_told() -> None:
    play(Ended([PROMOTED], MINE)).wait_for_promotion(1)
    play(Ended([REFUSED], documents.slot("0"))).wait_for_refusal(1)


@pytest.mark.parametrize(
    "loop",
    [
        Ended([REFUSED], MINE),
        Ended([documents.run("r1", status="rolled_back")], MINE),
        Ended([documents.run("r1", status="failed", reasons=("no capacity",))]),
        Ended([PROMOTED], documents.slot("2", run_id="another")),
        Ended([PROMOTED], None),
        Ended([], MINE, lost=["Ingest-DeadLetters: 1"]),
        Ended([], MINE, batches=[SimpleNamespace(status="rejected", batch_id="b")]),
    ],
    ids=["refused", "rolled back", "failed", "another serves", "none serves", "lost", "rejected"],
)
def test_another_end_than_a_promotion_fails(loop: Ended) -> None:
    with pytest.raises(DemoFailed):
        play(loop).wait_for_promotion(1)


def test_a_promotion_where_a_refusal_must_come_fails() -> None:
    with pytest.raises(DemoFailed, match="should have been refused"):
        play(Ended([PROMOTED], MINE)).wait_for_refusal(1)


def test_a_demo_that_fails_says_why_and_where_to_look() -> None:
    class Fails(Play):
        def run(self) -> None:
            with self.stages.stage("Learn"):
                raise DemoFailed("It was refused: worse", "./ghosteam status flights")

    console = Console(record=True, width=200)
    assert run_demo(console, lambda stages: Fails("flights", stages)) is False
    told = console.export_text()
    assert "The demo failed" in told and "It was refused: worse" in told
    assert "Where to look: ./ghosteam status flights" in told
