"""The plays of glucose and seattle on a loop in which all happens at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cli.demo import events_play, play
from cli.demo.cases import cases
from cli.demo.events_play import EventsPlay
from cli.demo.run import plays
from cli.demo.stages import DemoFailed, Stages
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.problem.spec import Problem
from tests import documents


@dataclass
class Rehearsal:
    """A loop, its traffic and its log. ``first``: how its first run ends; ``did``: what was done
    with it, in order.
    """

    problem: Problem
    first: str = "promoted"
    token: int = 401
    did: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    champion: Slot | None = None
    materialized: list[str] = field(default_factory=list)
    batches: list[BatchRecord] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    requests = 1
    artifacts = lake = None

    @property
    def connection(self) -> Any:
        api = SimpleNamespace(request=lambda *_, **__: SimpleNamespace(status_code=self.token))
        return SimpleNamespace(
            client=lambda _: SimpleNamespace(put_object=self._land),
            names={"landing_bucket": "landing"},
            api=lambda _: api,
        )

    def _land(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        assert Bucket == "landing" and Body.count(b"\n") > 1
        self.did.append(Key)
        self.materialized.append(Key)
        if not self.runs:
            self.runs.append(documents.run("r1", status=self.first, reasons=("as it was",)))
            self.champion = documents.slot("1", run_id="r1")

    def ask(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.did.append("ask")
        self.rows += rows
        outputs = dict.fromkeys(self.problem.outputs, 0.5)
        decision = self.problem.kind.decide(
            list(outputs.values()), self.problem.target.classes, threshold=0.5
        )
        answer = {"outputs": outputs, "decision": decision, "model_version": "1"}
        return [{**answer, "variant": "champion"} for _ in rows]

    def read_events(self, *_: Any, begin: datetime, end: datetime, **__: Any) -> Any:
        return SimpleNamespace(predictions=SimpleNamespace(height=len(self.rows)))

    def documents(self, _: Any) -> list[Any]:
        return [documents.performance_verdict(metric=self.problem.promote.metric)]

    def check_drift(self, as_of: str) -> DriftVerdict:
        self.did.append(f"drift at {as_of}")
        return documents.drift_verdict()

    def request_retraining(self, as_of: str) -> None:
        self.did.append(f"train again as of {as_of}")
        self.runs.append(documents.run("r2", status="refused", reasons=("no better",)))

    def evaluation(self, _: str) -> None:
        return None

    def lost_messages(self) -> list[str]:
        return []


def rehearse(
    name: str, monkeypatch: pytest.MonkeyPatch, **conditions: Any
) -> tuple[Rehearsal, EventsPlay]:
    made = plays()[name](Stages(Console(record=True, width=200)))
    assert isinstance(made, EventsPlay)
    loop = Rehearsal(made.problem, **conditions)
    made.loop = made.traffic = loop  # type: ignore[assignment]
    monkeypatch.setattr(made, "deploy", lambda: loop.did.append("deploy"))
    monkeypatch.setattr(play, "read_events", loop.read_events)
    monkeypatch.setattr(
        events_play, "plan_of", lambda *_: documents.plan(name, holdout_end=documents.DAY)
    )
    return loop, made


def test_every_problem_of_the_deployment_has_a_play() -> None:
    assert set(plays()) == {"flights", "glucose", "seattle"}


@pytest.mark.parametrize("name", ["glucose", "seattle"])
def test_a_play_drops_asks_waits_and_trains_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, made = rehearse(name, monkeypatch)
    made.run()
    case = cases()[name]
    below = f"{name}/{case.dataset}"
    assert loop.did == [
        "deploy",
        f"{below}/history.csv",
        "ask",
        *(f"{below}/{file}" for file in case.outcome_files()),
        f"drift at {case.later[1].isoformat()}",
        f"train again as of {documents.DAY.isoformat()}",
    ]
    assert len(case.outcome_files()) >= 3
    asked = made.problem.request_columns
    assert len(loop.rows) >= made.problem.watch.performance.min_labels
    assert all(set(row) == set(asked) for row in loop.rows)
    assert made.problem.target.name not in asked, "an outcome is not known when it is asked for"
    assert len(made.stages.times) == 6
    told = made.stages.console.export_text()
    assert "without a token: 401" in told and "none lost" in told
    assert all(output in told for output in made.problem.outputs)
    assert "decision: promoted" in told and "decision: refused" in told


@pytest.mark.parametrize(
    ("conditions", "says", "reached"),
    [
        ({"first": "refused"}, "should have been promoted", 1),
        ({"token": 200}, "without a token got 200", 2),
        ({"failures": ["500 oh"]}, "requests failed: 500 oh", 2),
    ],
)
@pytest.mark.parametrize("name", ["glucose", "seattle"])
def test_a_play_that_goes_otherwise_ends_there_and_says_so(
    name: str,
    conditions: dict[str, Any],
    says: str,
    reached: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, made = rehearse(name, monkeypatch, **conditions)
    with pytest.raises(DemoFailed, match=says):
        made.run()
    assert len(made.stages.times) == reached
