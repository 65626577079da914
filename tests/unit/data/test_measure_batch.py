"""What a batch is like is published as it comes, and held against what its data set asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ghosteam.documents.recent_batches import KEPT, RecentBatches
from ghosteam.problem.quality import Quality
from tests.builders import csv_bytes, flight, flights, flights_problem

KEY = "flights/flights/{}.csv"


def asking(world: Any, **limits: Any) -> Any:
    """The world, where flights have to be like that."""
    problem = flights_problem()
    events = problem.events.model_copy(update={"quality": Quality.model_validate(limits)})
    datasets = {**problem.datasets, "flights": events}
    asked = problem.model_copy(update={"datasets": datasets})
    world.validation = replace(world.validation, problems={"flights": asked})
    return world


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The metrics of flights since this was asked last."""
    found = {}
    for line in capsys.readouterr().out.splitlines():
        record = json.loads(line)
        if record.get("Dataset") == "flights" and "_aws" in record:
            [metric] = record["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            found[metric["Name"]] = record[metric["Name"]][0]
    return found


def test_the_measures_of_a_batch_are_metrics(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [flight(flight=30, month=13), flight(flight=31, dest="EWR")]
    world.land(KEY.format("a"), csv_bytes([*flights(16), flight(flight=1), *bad]) + b"2013,1\n")
    found = told(capsys)
    assert found["Validity"] == pytest.approx(17 / 20)
    assert found["Uniqueness"] == pytest.approx(16 / 17)
    # To itself nobody flies; the short line is no row, and says nothing of what suits what.
    assert found["Consistency"] == pytest.approx(18 / 19)
    assert 0.9 < found["Completeness"] < 1
    assert found["FreshnessHours"] == pytest.approx(89 * 24 + 13 + 5 / 6)
    assert "BatchDrift" not in found and "QualityMissed" not in found


def test_a_batch_is_held_against_those_that_landed_before_it(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.land(KEY.format("a"), csv_bytes(flights(300)))
    assert "BatchDrift" not in told(capsys)
    world.land(KEY.format("b"), csv_bytes(flights(300, day=2)))
    assert told(capsys)["BatchDrift"] == 0
    world.land(KEY.format("c"), csv_bytes(flights(300, day=3, distance=20)))
    assert told(capsys)["BatchDrift"] > 0.5


def test_limits_that_a_batch_misses_are_counted(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asking(world, validity=0.99, completeness=0.5, freshness="90d", drift=0.5)
    world.land(KEY.format("a"), csv_bytes(flights(300)))
    assert told(capsys)["QualityMissed"] == 0
    bad = [flight(flight=1000 + number, day=2, month=13) for number in range(9)]
    world.land(KEY.format("b"), csv_bytes([*flights(300, day=2, distance=20), *bad]))
    assert told(capsys)["QualityMissed"] == 2


def test_a_batch_is_held_against_the_newest_ones_and_none_that_came_later() -> None:
    recent, begin = RecentBatches({}), datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(KEPT + 4):
        recent = recent.adding(f"b{number}", begin + timedelta(hours=number))
    assert recent.before("b11") == [f"b{number}" for number in range(4, 11)]
    again = recent.adding("b5", begin + timedelta(hours=5))
    assert again == recent and again.before("b5") == ["b4"]
    assert recent.adding("old", begin).before("old") == []
    together = RecentBatches({}).adding("a", begin).adding("b", begin)
    assert together.before("b") == ["a"]


def test_a_file_that_is_refused_for_its_rows_is_measured_too(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asking(world, validity=0.99)
    assert world.land(KEY.format("a"), csv_bytes(flights(20, month=13))) == "rejected"
    found = told(capsys)
    assert (found["Validity"], found["QualityMissed"]) == (0, 1)
    assert world.land(KEY.format("b"), b"not,a,flight\n1,2,3\n") == "rejected"
    assert "Validity" not in told(capsys)


def test_what_is_judged_again_is_no_batch_that_came(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(world.drop(KEY.format("a"), csv_bytes(flights(50))))
    (ingested,) = world.bus.events
    world.validate(ingested)
    assert "Validity" in told(capsys)
    world.validate(ingested)
    assert "Validity" not in told(capsys)


@pytest.mark.parametrize(
    ("limits", "words"),
    [({}, "at least one limit"), ({"freshness": "0d"}, "longer than nothing"), ({"drift": 2}, "1")],
)
def test_limits_that_say_nothing_are_refused(limits: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Quality.model_validate(limits)
