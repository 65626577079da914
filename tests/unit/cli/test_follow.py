"""``ghosteam retrain`` follows its request to the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.follow import SECONDS_TO_AN_ANSWER, retrain
from ghosteam.documents.approval import Approval
from ghosteam.documents.decision import Decision
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.run import Run
from ghosteam.documents.state_keys import Key
from ghosteam.documents.stored import Stored
from ghosteam.documents.waiting_occasion import WaitingOccasion
from tests import documents

DAY = datetime(2024, 1, 1, tzinfo=UTC)


class Scene:
    """A loop in which each pause is the next moment: ``moments`` change its documents."""

    problem = "flights"

    def __init__(self, *moments: dict[str, Stored], step: str | None = None) -> None:
        self.state: dict[str, Stored] = {}
        self._moments, self._step = list(moments), step
        self.lines: list[str] = []
        self.seconds = 0.0

    def request_retraining(self) -> str:
        return "mine"

    def document(self, key: Key[Any]) -> Any:
        return self.state.get(key.text)

    def documents(self, prefix: Key[Any]) -> list[Any]:
        return [data for key, data in self.state.items() if key.startswith(prefix.text)]

    def lost_messages(self) -> list[str]:
        return ["Asked-DeadLetters: 1"]

    def step_of(self, run_id: str) -> str | None:
        return self._step

    def sleep(self, seconds: float) -> None:
        self.seconds += 30
        if self._moments:
            self.state.update(self._moments.pop(0))

    def follow(self, *, wait: bool = True) -> bool:
        clock: Callable[[], float] = lambda: self.seconds  # noqa: E731
        return retrain(self, wait=wait, say=self.lines.append, sleep=self.sleep, clock=clock)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def decision(what: str, reason: str, at: int = 1, **more: Any) -> Decision:
    known = {
        "detail": "",
        "trigger": "request",
        "request": "mine",
        "occasion_id": "o1",
        "run_id": None,
        "attempt": 1,
        "for_run": None,
        "retry_after": None,
        "as_of": DAY,
        "decided_at": DAY.replace(day=at),
    }
    return Decision(decision=what, reason=reason, **{**known, **more})  # type: ignore[arg-type]


def run(status: str, **more: Any) -> Run:
    finished = None if status == "running" else DAY.replace(day=2)
    return documents.run("r1", occasion_id="o1", status=status, finished_at=finished, **more)


def test_a_request_that_is_declined_says_why_and_fails() -> None:
    other = decision("skip", "not mine", request="another")
    scene = Scene({"decision#x": other}, {"decision#o1": decision("skip", "waiting, because x")})
    assert scene.follow() is False
    assert scene.lines[-1] == "Declined: waiting, because x"
    assert "not mine" not in scene.text


def test_a_run_is_followed_to_the_end_of_its_rollout() -> None:
    scene = Scene(
        {"decision#o1": decision("start", "request as of now", run_id="r1")},
        {"run#r1": run("running")},
        {"run#r1": run("running", lost={"xgboost": "out of memory"})},
        {"run#r1": run("registered", version="2")},
        {"run#r1": run("promoted", version="2", reasons=("absolute: good",))},
        step="EvaluateModels",
    )
    assert scene.follow() is True
    assert "Run r1 was started: request as of now" in scene.text
    assert scene.lines.count("  EvaluateModels") == 1
    assert scene.lines.count("xgboost was lost: out of memory") == 1
    assert "Version 2 is registered; its rollout follows." in scene.text
    assert scene.lines[-2:] == ["Run r1: promoted", "  absolute: good"]


def test_a_request_that_waits_for_a_run_says_so_once_and_goes_on() -> None:
    waiting = decision("wait", "run r0 is at work")
    scene = Scene(
        {"decision#o0": waiting},
        {},
        {"decision#o1": decision("start", "go", at=2, run_id="r1")},
        {"run#r1": run("refused", reasons=("beats_champion: no",))},
    )
    assert scene.follow() is True
    assert sum("run r0 is at work" in line for line in scene.lines) == 1
    assert scene.lines[-2:] == ["Run r1: refused", "  beats_champion: no"]


WAITING = WaitingOccasion(
    occasion_id="o1",
    occasion=Occasion("request", "", None),
    reason="",
    since=DAY,
    not_before=DAY.replace(day=3),
)
APPROVAL = Approval(version="2", run_id="r1", token="t", asked_at=DAY)


def test_a_failed_run_says_when_it_is_tried_again() -> None:
    scene = Scene(
        {"decision#o1": decision("start", "go", run_id="r1")},
        {
            "run#r1": run("failed", reasons=("CapacityError",)),
            "waiting#o1": WAITING,
        },
    )
    assert scene.follow() is False
    assert "CapacityError" in scene.text and "not before 2024-01-03" in scene.lines[-1]


def test_a_rollout_that_waits_for_approval_ends_the_following_with_the_command() -> None:
    scene = Scene(
        {"decision#o1": decision("start", "go", run_id="r1")},
        {"run#r1": run("registered", version="2"), "approval": APPROVAL},
    )
    assert scene.follow() is True
    assert "./ghosteam approve flights" in scene.text


def test_no_answer_is_no_success() -> None:
    scene = Scene()
    assert scene.follow() is False
    assert scene.seconds >= SECONDS_TO_AN_ANSWER
    assert "decide-retraining" in scene.text and "Asked-DeadLetters: 1" in scene.text


@pytest.mark.parametrize("answered", [True, False])
def test_without_waiting_the_request_is_all(answered: bool) -> None:
    scene = Scene()
    assert scene.follow(wait=False) is True
    assert scene.seconds == 0 and "mine" in scene.text
