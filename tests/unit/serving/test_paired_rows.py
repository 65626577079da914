"""During a canary the champion is asked of the rows that the challenger answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest

from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.objects import Objects
from ghosteam.documents import keys, state_keys
from ghosteam.documents.agreement import Agreement, OutputAgreement
from ghosteam.documents.routing import Routing
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.load import load_problem
from ghosteam.rollout.canary import SlotEvidence, Verdict, judge
from ghosteam.rollout.pairs import Pairs
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.judge_canary import judge_canary
from ghosteam.steps.paired_rows import _parts
from tests.unit.serving.builders import ROOT
from tests.unit.serving.rollouts import NOW, Rollouts
from tests.unit.serving.service import InMemoryRuntime
from tests.unit.serving.test_canary_step import log_line, write_log

EXPECTED = Agreement(
    champion="1",
    rows=5000,
    outputs={"late": OutputAgreement(rank_correlation=0.9, mean_difference=0.0, spread=0.28)},
    changed_decisions=0.05,
)


class Scoring(InMemoryRuntime):
    """The champion's endpoint: late by the distance."""

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **more: str) -> dict[str, Any]:
        rows = json.loads(Body)["rows"]
        self.answers[EndpointName] = {
            "outputs": ["late"],
            "rows": [[row["distance"] / 3000] for row in rows],
            "version": "1",
        }
        return super().invoke_endpoint(EndpointName=EndpointName, Body=Body, **more)


def _canary(
    rollouts: Rollouts,
    lake: Objects,
    outputs: list[float],
    agreement: Agreement | None = EXPECTED,
) -> str:
    """A challenger that answered so for flights of rising distance; ``agreement``: what the gates
    saw of it. Returns the champion's endpoint.
    """
    first = rollouts.first_champion().endpoint_name
    told = asdict(agreement) if agreement else None
    rollouts.finished_run = partial(rollouts.finished_run, agreement=told)
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    made_at = NOW + timedelta(seconds=5)
    features = dict.fromkeys(rollouts.problem.logged_features)
    lines = []
    for index, output in enumerate(outputs):
        line = log_line(plan.endpoint_name, "challenger", "2", index, made_at)
        line["features"] = {**features, "distance": 10.0 * index, "carrier": "UA"}
        line["outputs"] = {"late": output}
        lines.append(line)
    old = [log_line(first, "champion", "1", i, made_at) for i in range(300)]
    write_log(lake, "log", [*old, *lines])
    return first


def _verdict(rollouts: Rollouts, lake: Objects, runtime: Any, seconds: int) -> Verdict:
    return judge_canary(
        rollouts.problem,
        {"problem": "flights", "version": "2"},
        state=rollouts.state,
        lake=lake,
        artifacts=rollouts.artifacts,
        definitions=Definitions(rollouts.artifacts),
        endpoints=ScoringEndpoints(runtime),
        now=NOW + timedelta(seconds=seconds),
    )


LIKE_IT = [10.0 * i / 3000 for i in range(150)]
OTHERWISE = [float(one) for one in np.random.default_rng(1).permutation(LIKE_IT)]


def test_scores_that_contradict_the_hold_out_end_the_canary_at_the_first_look(
    rollouts: Rollouts, lake: Objects
) -> None:
    champion = _canary(rollouts, lake, OTHERWISE)
    runtime = Scoring()
    found = _verdict(rollouts, lake, runtime, 6)
    assert found.verdict == "roll_back"
    assert "rank correlation of late is" in found.reason
    assert [(name, len(rows)) for name, rows in runtime.calls] == [(champion, 100), (champion, 50)]
    asked = runtime.calls[0][1][0]
    assert tuple(asked) == rollouts.problem.feature_names and asked["carrier"] == "UA"


def test_scores_that_agree_are_promoted_with_how_far(rollouts: Rollouts, lake: Objects) -> None:
    _canary(rollouts, lake, LIKE_IT)
    assert _verdict(rollouts, lake, Scoring(), 6).verdict == "wait"
    found = _verdict(rollouts, lake, Scoring(), 20)
    assert found.verdict == "promote"
    assert "asked of 150 of the rows, agrees as on the hold-out (rank correlation: late 1.00" in (
        found.reason
    )


def _learned(rollouts: Rollouts, change: Callable[[Any], None]) -> tuple[str, ...]:
    """From now on the champion's model learned by a changed definition; returns its features."""
    document = written(rollouts.problem)
    change(document)
    digest = digest_of(document)
    rollouts.artifacts.put_json(keys.definition("flights", digest), document)

    def changed(routing: Routing | None) -> Routing:
        assert routing is not None and routing.champion is not None
        return replace(routing, champion=replace(routing.champion, definition=digest))

    rollouts.state.update("flights", state_keys.ROUTING, changed)
    return read(document).feature_names


def test_a_champion_that_reads_less_is_asked_by_its_own_definition(
    rollouts: Rollouts, lake: Objects
) -> None:
    champion = _canary(rollouts, lake, OTHERWISE)
    reads = _learned(rollouts, lambda document: document["features"]["request"].remove("origin"))
    runtime = Scoring()
    found = _verdict(rollouts, lake, runtime, 6)
    assert found.verdict == "roll_back" and "rank correlation of late is" in found.reason
    assert {name for name, _ in runtime.calls} == {champion}
    assert tuple(runtime.calls[0][1][0]) == reads and "origin" not in reads


def test_a_champion_is_not_asked_of_values_that_are_made_in_another_way(
    rollouts: Rollouts, lake: Objects
) -> None:
    _canary(rollouts, lake, OTHERWISE)
    _learned(
        rollouts,
        lambda document: document["datasets"]["planes"]["columns"]["seats"].update(type="number"),
    )
    runtime = Scoring()
    found = _verdict(rollouts, lake, runtime, 20)
    assert found.verdict == "promote" and runtime.calls == []
    assert "the champion learned by another definition, of planes__seats" in found.reason


@pytest.mark.parametrize(
    ("calls", "parts"),
    [
        ("", []),
        ("a" * 250, [250]),
        ("a" * 60 + "b" * 60, [60, 60]),
        ("a" * 60 + "b" * 40 + "c", [100, 1]),
        ("abc" * 1 + "d" * 120 + "e", [3, 120, 1]),
    ],
)
def test_the_champion_is_asked_of_whole_calls(calls: str, parts: list[int]) -> None:
    found = list(_parts(list(calls)))
    assert [part.stop - part.start for part in found] == parts
    assert [index for part in found for index in range(len(calls))[part]] == list(range(len(calls)))


def test_a_challenger_that_is_slow_by_the_row_is_found_where_all_requests_have_one_size() -> None:
    """The champion's own calls have 900 rows, the challenger's 100."""
    random = np.random.default_rng(2)

    def slot(rows: float, row_ms: float) -> SlotEvidence:
        times = (8 + row_ms * rows) * random.lognormal(0, 0.2, 60)
        outputs = random.random((int(60 * rows), 1))
        return SlotEvidence(outputs, np.full(60, rows), times, np.empty(0))

    champion, slow = slot(900, 0.5), slot(100, 8.0)
    asked = slot(100, 0.5)
    pairs = Pairs(
        asked.outputs[:10],
        asked.outputs[:10],
        EXPECTED,
        load_problem(ROOT / "feature_repo" / "flights"),
        asked.call_rows[:9],
        asked.call_ms[:9],
    )
    for challenger, expected in ((slow, "roll_back"), (slot(100, 0.5), "promote")):
        found = judge(champion, challenger, watches=1.0, max_watches=4, pairs=pairs)
        assert found.verdict == expected, found.reason


def test_a_champion_that_fails_is_no_evidence_against_the_challenger(
    rollouts: Rollouts, lake: Objects
) -> None:
    champion = _canary(rollouts, lake, OTHERWISE)
    found = _verdict(rollouts, lake, Scoring(broken={champion}), 20)
    assert found.verdict == "promote"
    assert "not compared row by row: the champion could not be asked" in found.reason


@pytest.mark.parametrize(
    ("agreement", "told"),
    [
        (None, "is not on record"),
        (replace(EXPECTED, champion="0"), "it was judged beside version 0"),
    ],
)
def test_without_what_to_expect_the_champion_is_not_asked(
    rollouts: Rollouts, lake: Objects, agreement: Agreement | None, told: str
) -> None:
    _canary(rollouts, lake, OTHERWISE, agreement=agreement)
    runtime = Scoring()
    found = _verdict(rollouts, lake, runtime, 20)
    assert found.verdict == "promote" and told in found.reason
    assert runtime.calls == []
