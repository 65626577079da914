"""A canary is judged by its outputs, whatever the task: from the log as the API writes it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from ghosteam.aws.digests import record
from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.slot import Slot
from ghosteam.learning.agreement import agreement
from ghosteam.metrics.metric import Floats
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.rollout.canary import Verdict
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.judge_canary import judge_canary
from tests import documents
from tests.unit.serving.builders import ROOT
from tests.unit.serving.rollouts import NOW
from tests.unit.serving.service import InMemoryRuntime
from tests.unit.serving.test_canary_step import write_log
from tests.unit.serving.test_pairs import DRAWN, FOLDERS, Models

ROWS = 200
CHAMPION = documents.slot("1", endpoint="first")
CHALLENGER = documents.challenger("2", endpoint="second", run_id="r2", since=NOW)


@pytest.fixture(params=sorted(FOLDERS))
def problem(request: pytest.FixtureRequest) -> Problem:
    return load_problem(ROOT / "feature_repo" / FOLDERS[request.param], environment="local")


def _drawn(problem: Problem, seed: int, rows: int = ROWS) -> Models:
    return DRAWN[problem.task](rows, np.random.default_rng(seed))


def _log(lake: Objects, problem: Problem, slot: Slot, outputs: Floats) -> None:
    """Answers for other events each time, a call each."""
    made_at = (NOW + timedelta(seconds=5)).isoformat()
    lines: list[dict[str, Any]] = []
    for index, row in enumerate(outputs.tolist()):
        call = f"{slot.endpoint}-{index}"
        about = {"record_type": "prediction", "schema_version": 2, "problem": problem.problem}
        names = dict.fromkeys(("prediction_id", "call_id"), call)
        times = dict.fromkeys(("event_time", "made_at"), made_at)
        slots = dict.fromkeys(("assigned", "answered"), slot.endpoint)
        lines.append(
            {
                **about,
                **names,
                **times,
                **slots,
                "model_version": slot.version,
                "endpoint": slot.endpoint,
                "latency_ms": 5.0 + index % 3,
                "event": dict.fromkeys(problem.event_id, call),
                "outputs": dict(zip(problem.outputs, row, strict=True)),
                "features": {**dict.fromkeys(problem.logged_features), _number(problem): index},
            }
        )
    write_log(lake, slot.endpoint, lines)


def _verdict(
    problem: Problem,
    state: StateTable,
    lake: Objects,
    artifacts: Objects,
    runtime: InMemoryRuntime | None = None,
) -> Verdict:
    routing = documents.routing(CHAMPION, CHALLENGER)
    state.update(problem.problem, state_keys.ROUTING, lambda _: routing)
    return judge_canary(
        problem,
        {"problem": problem.problem, "version": "2"},
        state=state,
        lake=lake,
        artifacts=artifacts,
        definitions=Definitions(artifacts),
        endpoints=ScoringEndpoints(runtime or InMemoryRuntime()),
        now=NOW + timedelta(seconds=20),
    )


def test_a_model_that_answers_as_a_retrained_one_does_is_promoted(
    problem: Problem, state: StateTable, lake: Objects, artifacts: Objects
) -> None:
    _log(lake, problem, CHAMPION, _drawn(problem, 1)[0])
    _log(lake, problem, CHALLENGER, _drawn(problem, 2)[1])
    found = _verdict(problem, state, lake, artifacts)
    assert found.verdict == "promote", found.reason
    assert "200 rows in 200 calls, 0 failed (the champion's: 0 of 200)" in found.reason


def test_outputs_that_no_retrained_model_gives_end_it(
    problem: Problem, state: StateTable, lake: Objects, artifacts: Objects
) -> None:
    _log(lake, problem, CHAMPION, _drawn(problem, 1)[0])
    _log(lake, problem, CHALLENGER, _far_from(_drawn(problem, 2)[1], problem))
    found = _verdict(problem, state, lake, artifacts)
    assert found.verdict == "roll_back", found.reason
    assert "The outputs are 1.00 apart" in found.reason


def _far_from(outputs: Floats, problem: Problem) -> Floats:
    """The first output of all rows far off; probabilities of classes are one together."""
    if problem.task == "regression":
        return outputs + 500.0
    if problem.task == "binary":
        return 0.9 + outputs / 10
    moved = outputs / 10
    moved[:, 0] += 0.9
    return moved


class Asked(InMemoryRuntime):
    """The champion's endpoint: its outputs for each row, by the number that a feature says."""

    problem: Problem
    said: list[list[float]]

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **more: str) -> dict[str, Any]:
        numbers = [int(row[_number(self.problem)]) for row in json.loads(Body)["rows"]]
        rows = [self.said[number] for number in numbers]
        self.answers[EndpointName] = {"outputs": self.problem.outputs, "rows": rows, "version": "1"}
        return super().invoke_endpoint(EndpointName=EndpointName, Body=Body, **more)


def _number(problem: Problem) -> str:
    """The feature that says which row it is."""
    return next(name for name in problem.features.request if name not in problem.text_features)


@pytest.mark.parametrize(("mixed_up", "verdict"), [(False, "promote"), (True, "roll_back")])
def test_a_champion_is_asked_of_the_challengers_rows_for_every_output(
    problem: Problem,
    state: StateTable,
    lake: Objects,
    artifacts: Objects,
    mixed_up: bool,
    verdict: str,
) -> None:
    expected = agreement(*_drawn(problem, 3, 5000), version="1", problem=problem)
    name, evaluation = problem.problem, keys.evaluation(problem.problem, "r2")
    judged = documents.evaluation("r2", problem=name, agreement=expected)
    artifacts.put_json(evaluation, judged.to_json())
    state.update(name, state_keys.RUNS / "r2", lambda _: documents.run("r2"))
    record(state, artifacts, name, "r2", {evaluation: artifacts.digest(evaluation)})
    its, answered = _drawn(problem, 4)
    if mixed_up:
        answered = np.random.default_rng(5).permutation(answered)
    _log(lake, problem, CHAMPION, _drawn(problem, 1)[0])
    _log(lake, problem, CHALLENGER, answered)
    runtime = Asked()
    runtime.problem, runtime.said = problem, its.tolist()
    found = _verdict(problem, state, lake, artifacts, runtime)
    assert found.verdict == verdict, found.reason
    assert "rank correlation" in found.reason and problem.outputs[0] in found.reason
    assert sum(len(rows) for _, rows in runtime.calls) == ROWS
