"""The step that judges a canary by the prediction log."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.objects import Objects
from ghosteam.documents import keys, state_keys
from ghosteam.documents.routing import Routing
from ghosteam.problem.definition import digest_of, written
from ghosteam.rollout.canary import Verdict
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.judge_canary import judge_canary
from ghosteam.steps.roll_back import Rollback
from tests.unit.serving.rollouts import (
    NOW,
    Rollouts,
)
from tests.unit.serving.service import InMemoryRuntime


def log_line(
    endpoint: str, slot: str, version: str, index: int, made_at: datetime
) -> dict[str, Any]:
    entity = {
        "year": 2013,
        "month": 7,
        "day": 1,
        "carrier": "UA",
        "flight": index,
        "origin": "EWR",
        "sched_dep_time": 515,
    }
    return {
        "record_type": "prediction",
        "version": 1,
        "problem": "flights",
        "prediction_id": f"{slot}-{index}-{made_at}",
        "entity": entity,
        "event_time": "2013-07-01T09:15:00+00:00",
        "made_at": made_at.isoformat(),
        "model_version": version,
        "slot": slot,
        "endpoint": endpoint,
        "outputs": {"late": (index % 97) / 100},
        "features": {"carrier": "UA"},
        "freshness_seconds": {},
        "call_id": f"{slot}-{index}-{made_at}",
        "latency_ms": 5.0 + index % 3,
    }


def _verdict(rollouts: Rollouts, lake: Objects, version: str, now: datetime) -> Verdict:
    return judge_canary(
        rollouts.problem,
        {"problem": "flights", "version": version},
        state=rollouts.state,
        lake=lake,
        artifacts=rollouts.artifacts,
        definitions=Definitions(rollouts.artifacts),
        endpoints=ScoringEndpoints(InMemoryRuntime()),
        now=now,
    )


def write_log(lake: Objects, name: str, records: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    lake.put(f"predictions/{NOW:%Y/%m/%d/%H}/{name}.gz", gzip.compress(lines.encode()))


def test_the_canary_is_judged_by_what_both_slots_logged_since_the_shift(
    rollouts: Rollouts, lake: Objects
) -> None:
    first = rollouts.first_champion().endpoint_name
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    second = plan.endpoint_name

    def verdict(seconds: int) -> Verdict:
        return _verdict(rollouts, lake, "2", NOW + timedelta(seconds=seconds))

    old = [log_line(second, "challenger", "2", i, NOW - timedelta(seconds=30)) for i in range(100)]
    write_log(lake, "old", old)
    assert verdict(20).verdict == "wait"
    assert verdict(60).verdict == "promote"  # four watches without traffic, and the problem says so
    made_at = NOW + timedelta(seconds=5)
    write_log(lake, "new", [log_line(first, "champion", "1", i, made_at) for i in range(200)])
    write_log(lake, "too", [log_line(second, "challenger", "2", i, made_at) for i in range(60)])
    assert verdict(10).verdict == "wait"
    assert verdict(20).verdict == "promote"
    error = {
        "record_type": "prediction_error",
        "problem": "flights",
        "slot": "challenger",
        "endpoint": second,
        "error": "500",
    }
    failed = [
        {**error, "call_id": f"f{i}", "rows": 3, "made_at": made_at.isoformat()} for i in range(5)
    ]
    write_log(lake, "bad", failed)
    write_log(lake, "again", failed)  # delivery is at least once
    found = verdict(20)
    assert found.verdict == "roll_back"
    assert found.reason.startswith(
        "5 of 65 calls to the challenger failed (20.0% of calls or rows)"
    )


def test_an_event_that_is_asked_about_again_weighs_once(rollouts: Rollouts, lake: Objects) -> None:
    first = rollouts.first_champion().endpoint_name
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    for slot, version, endpoint, events in (
        ("champion", "1", first, range(20)),
        ("challenger", "2", plan.endpoint_name, range(90, 93)),
    ):
        asked = [
            log_line(endpoint, slot, version, event, NOW + timedelta(seconds=5, milliseconds=again))
            for again in range(40)
            for event in events
        ]
        write_log(lake, slot, asked)
    found = _verdict(rollouts, lake, "2", NOW + timedelta(seconds=20))
    assert found.verdict == "promote"
    assert found.reason.startswith("120 rows in 120 calls, 0 failed (the champion's: 0 of 800)")
    assert "one of both answered of 3 events" in found.reason


def _learned(rollouts: Rollouts, **target: str) -> None:
    """From now on the champion's model learned by another target."""
    document = written(rollouts.problem)
    document["target"] |= target
    digest = digest_of(document)
    rollouts.artifacts.put_json(keys.definition("flights", digest), document)

    def changed(routing: Routing | None) -> Routing:
        assert routing is not None and routing.champion is not None
        return replace(routing, champion=replace(routing.champion, definition=digest))

    rollouts.state.update("flights", state_keys.ROUTING, changed)


@pytest.mark.parametrize(
    ("target", "output", "verdict", "told"),
    [
        ({}, "late", "roll_back", "apart"),
        ({"expr": "arr_delay > 60"}, "late", "promote", "learned another outcome"),
        ({"name": "delayed"}, "delayed", "roll_back", "apart"),
        ({"name": "delayed", "expr": "arr_delay > 60"}, "delayed", "promote", "another outcome"),
    ],
)
def test_outputs_are_compared_with_a_champion_that_learned_the_same_outcome(
    rollouts: Rollouts,
    lake: Objects,
    target: dict[str, str],
    output: str,
    verdict: str,
    told: str,
) -> None:
    first = rollouts.first_champion().endpoint_name
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    if target:
        _learned(rollouts, **target)
    made_at = NOW + timedelta(seconds=5)
    old = [log_line(first, "champion", "1", i, made_at) for i in range(100)]
    new = [log_line(plan.endpoint_name, "challenger", "2", i, made_at) for i in range(100)]
    for i, line in enumerate(old):
        line["outputs"] = {output: i / 1000}
    for i, line in enumerate(new):
        line["outputs"] = {"late": 0.9 + i / 1000}
    write_log(lake, "log", old + new)
    found = _verdict(rollouts, lake, "2", NOW + timedelta(seconds=20))
    assert found.verdict == verdict and told in found.reason
    assert "of 100" in found.reason or verdict == "roll_back"  # the champion's calls count


def test_a_challenger_that_is_gone_or_champion_already_is_not_judged_again(
    rollouts: Rollouts, lake: Objects
) -> None:
    rollouts.first_champion()
    for version, expected in (("1", "promote"), ("2", "roll_back")):
        answer = _verdict(rollouts, lake, version, NOW)
        assert answer.verdict == expected


def test_going_back_during_a_canary_ends_it_and_the_rollout_rolls_back(
    rollouts: Rollouts, lake: Objects
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    assert rollouts.go_back() == Rollback("canary ended", "1", "2")
    assert _verdict(rollouts, lake, "2", NOW).verdict == "roll_back"
    assert rollouts.finish("2", "roll_back") is not None
