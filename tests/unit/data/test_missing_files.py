"""That no file comes is told once it lasts longer than a data set says, and ends with the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ghosteam.documents import state_keys
from ghosteam.problem.quality import Quality
from ghosteam.steps.missing_files import tell_missing_files
from tests.builders import csv_bytes, flights
from tests.unit.data.test_measure_batch import KEY, asking, told

LATER = "2013-04-03T00:00:00Z"


@pytest.fixture
def awaited(world: Any) -> Any:
    """Flights arrive within 26 hours."""
    return asking(world, arrives_within="26h")


def look(world: Any, capsys: pytest.CaptureFixture[str], **later: float) -> dict[str, float]:
    """What a look at the deployment tells, so much later than the newest file landed."""
    capsys.readouterr()
    problem = world.validation.problems["flights"]
    tell_missing_files(problem, world.state, now=newest(world) + timedelta(**later))
    return told(capsys)


def newest(world: Any) -> datetime:
    """When a file was let in last."""
    recent = world.state.find("flights", state_keys.RECENT_BATCHES / "flights")
    return max(recent.landed.values())


def test_silence_counts_as_a_missed_limit_while_it_lasts(
    awaited: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    awaited.land(KEY.format("a"), csv_bytes(flights(20)))
    assert look(awaited, capsys, hours=26) == {"HoursWithoutFile": 26}
    late = {"HoursWithoutFile": 26.5, "QualityMissed": 1}
    assert look(awaited, capsys, hours=26.5) == late
    awaited.land(KEY.format("b"), csv_bytes(flights(20, day=2)))
    assert told(capsys)["QualityMissed"] == 0
    assert look(awaited, capsys, minutes=15) == {"HoursWithoutFile": 0.25}


def test_the_same_file_again_has_come_and_a_rejected_one_has_not(
    awaited: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    awaited.land(KEY.format("a"), csv_bytes(flights(20)))
    first = newest(awaited)
    rejected = {**awaited.drop(KEY.format("b"), csv_bytes(flights(20, month=13))), "time": LATER}
    awaited.deliver(rejected)
    assert awaited.settle() == ["rejected"] and newest(awaited) == first
    equal = {**awaited.drop(KEY.format("a"), csv_bytes(flights(20))), "time": LATER}
    assert awaited.deliver(equal) == "duplicate"
    assert newest(awaited) == datetime.fromisoformat(LATER) > first


def test_what_never_came_or_says_no_limit_is_not_awaited(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.land(KEY.format("a"), csv_bytes(flights(20)))
    assert look(world, capsys, days=400) == {}
    asked = asking(world, arrives_within="26h").validation.problems["flights"]
    state = world.state
    state.delete("flights", next(state.list("flights", state_keys.RECENT_BATCHES)))
    tell_missing_files(asked, state, now=datetime.fromisoformat("2030-01-01T00:00:00Z"))
    assert told(capsys) == {}


@pytest.mark.parametrize("length", ["0h", "-1d"])
def test_no_file_arrives_within_nothing(length: str) -> None:
    with pytest.raises(ValueError, match="arrives_within"):
        Quality.model_validate({"arrives_within": length})
