"""Windows of the past are judged by command, and nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cli.watch import ends_within, parse_time, watch
from ghosteam.documents import state_keys
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem
from tests.accounts import MONITOR, Account, deployed_function
from tests.labelled import BEGIN, END, WEEK, flights_frame, land, predict
from tests.metrics import published


@pytest.fixture
def invoke() -> Callable[[str, dict[str, Any]], Any]:
    """The functions as a direct invocation calls them."""

    def called(function: str, payload: dict[str, Any]) -> Any:
        with deployed_function(function.replace("-", "_"), MONITOR) as deployed:
            return deployed.handler(payload, None)

    return called


def test_each_window_is_judged_and_nobody_is_told(
    served: Account, flights: Problem, invoke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    lines: list[str] = []
    watch(invoke, flights, begin=BEGIN - WEEK, end=END, say=lines.append)
    performance = [line for line in lines if line.startswith("performance ")]
    assert len(lines) == 2 * 2 + 2 and len(performance) == 3
    assert "degraded" in performance[1] and "900 outcomes" in performance[1]
    assert performance[2] in (
        "performance in all: 1 undetermined, 1 degraded",
        "performance in all: 1 degraded, 1 undetermined",
    )
    assert lines[-2].startswith("drift in all: ")
    for kind in (state_keys.PERFORMANCE_VERDICTS, state_keys.DRIFT_VERDICTS):
        ends = [one.data.window_end for one in served.state.list("flights", kind)]
        assert ends == [END - WEEK, END]
    told = published(capsys.readouterr().out)
    assert served.bus.events == [] and not {"Performance", "PerformanceDegraded"} & told.keys()


def test_windows_are_whole_and_there_are_some(flights: Problem) -> None:
    assert ends_within(flights, BEGIN, END) == [END]
    assert ends_within(flights, BEGIN - WEEK, END + timedelta(days=6)) == [END - WEEK, END]
    with pytest.raises(InvalidInput, match="0 windows of 1w") as none:
        ends_within(flights, BEGIN + timedelta(hours=1), END)
    assert "earlier --from" in none.value.remedy
    with pytest.raises(InvalidInput, match=r"1,04\d windows") as many:
        ends_within(flights, END - 1_045 * WEEK, END)
    assert "at most 1,000" in many.value.remedy


def test_times_are_dates_or_moments() -> None:
    assert parse_time("2013-07-11", "--to") == END
    assert parse_time("2013-07-11T02:00:00+02:00", "--to") == END
    with pytest.raises(InvalidInput) as caught:
        parse_time("last week", "--from")
    assert caught.value.where == {"option": "--from"}


@pytest.mark.parametrize("function", ["check-drift", "check-performance"])
def test_a_check_that_says_neither_yes_nor_no_is_refused(
    served: Account, invoke: Any, function: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        invoke(function, {"problem": "flights", "tell": "no"})
    assert caught.value.where == {"field": "tell"}
