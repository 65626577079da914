"""Reading the prediction log back, whole or damaged, delivered or compacted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ghosteam.monitoring.log_frames import NESTED
from ghosteam.monitoring.prediction_log import Gathered, PredictionLog, happened
from ghosteam.problem.load import parse_problem
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.prediction_log import find_prediction, read_events, read_made
from tests.accounts import Account, memory_account
from tests.builders import REPOSITORY, flights_problem
from tests.prediction_log import ENTITY, deliver, failed_call, frame_of, older, prediction

FLIGHTS = flights_problem()
BEGIN, END = datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 2, tzinfo=UTC)
NOON = datetime(2024, 7, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


@pytest.fixture(params=["delivered", "compacted"])
def settle(request: Any, account: Account) -> Any:
    """Leaves the log as it was delivered, or compacts it."""
    if request.param == "delivered":
        return lambda: None
    return lambda: compact_log(account.lake, account.state, now=NOON)


def read(account: Account, **changes: Any) -> PredictionLog:
    window = {"begin": BEGIN, "end": END}
    return read_events(account.lake, problem=FLIGHTS, **{**window, **changes})


def made(account: Account, since: datetime = NOON, until: datetime = NOON) -> PredictionLog:
    return read_made(account.lake, account.state, problem=FLIGHTS, since=since, until=until)


def ids(log: PredictionLog) -> list[str]:
    return sorted(log.predictions["prediction_id"].to_list())


def test_what_comes_from_a_problem_lies_in_columns_of_its_own(account, settle):
    deliver(account.lake, prediction("p1"))
    settle()
    log = read(account)
    row = log.predictions.row(0, named=True)
    assert row["event_time"] == datetime(2013, 7, 1, 13, tzinfo=UTC)
    assert (row["event"]["flight"], row["event"]["carrier"]) == (15, "UA")
    assert row["features"]["hour"] == 9.0 and row["features"]["weather__temp"] is None
    assert row["outputs"] == [0.25]
    assert row["freshness_seconds"] == {"weather": 60.0, "planes": None}
    kinds = {field.name: field.dtype for field in log.predictions.schema["features"].fields}
    assert tuple(kinds) == FLIGHTS.logged_features
    assert kinds["hour"] == pl.Float64 and kinds["dest"] == pl.String


def test_a_feature_that_is_called_as_a_column_of_the_log_is_no_column_of_it(account, settle):
    names = ("outputs", "answered", "latency_ms", "model_version", "made_at", "score", "slot")
    taken = dict.fromkeys(names, 777.0)
    deliver(account.lake, prediction("p1", features=taken, event={**ENTITY, **taken}))
    settle()
    row = read(account).predictions.row(0, named=True)
    assert (row["outputs"], row["answered"], row["latency_ms"]) == ([0.25], "champion", 3.0)
    assert row["model_version"] == "1"


def test_an_empty_log_has_the_same_columns(account, settle):
    deliver(account.lake, prediction("p1"))
    settle()
    full, empty = read(account), read(account, begin=END, end=END + HOUR)
    kinds = {k: v for k, v in full.predictions.schema.items() if k != "freshness_seconds"}
    assert empty.predictions.is_empty()
    assert kinds == {k: empty.predictions.schema[k] for k in kinds}


def test_a_record_of_the_form_before_is_read_as_one_of_today(account, settle):
    deliver(account.lake, older(prediction("p1")), older(failed_call("f1")))
    deliver(account.lake, older(prediction("p2", answered="previous")), prefix="predictions/")
    settle()
    log = read(account)
    assert ids(log) == ["p1", "p2"] and log.damaged == ()
    found = {row["prediction_id"]: row for row in log.predictions.to_dicts()}
    assert (found["p1"]["assigned"], found["p1"]["answered"]) == ("champion", "champion")
    assert (found["p2"]["assigned"], found["p2"]["answered"]) == ("champion", "previous")
    assert found["p1"]["event"]["flight"] == 15
    assert made(account).calls["asked"].to_list() == ["challenger"]


def test_a_prediction_is_read_however_long_before_or_after_its_event_it_was_made(account, settle):
    early = [
        prediction(f"p{days}", made_at=(BEGIN - timedelta(days=days)).isoformat())
        for days in (1, 3, 400)
    ]
    late = prediction("late", made_at="2031-01-01T00:00:00+00:00")
    deliver(account.lake, *early, late)
    settle()
    assert ids(read(account)) == ["late", "p1", "p3", "p400"]


def test_a_record_delivered_twice_counts_once(account, settle):
    deliver(account.lake, prediction("p1"), prediction("p1"), failed_call(), failed_call())
    settle()
    deliver(account.lake, prediction("p1"), prediction("p2"), failed_call(), name="b")
    assert ids(read(account)) == ["p1", "p2"]
    assert made(account).calls.height == 1
    settle()
    assert ids(read(account)) == ["p1", "p2"]
    assert made(account).calls.height == 1


def test_other_problems_are_left_out(account, settle):
    deliver(account.lake, prediction("p1", problem="rides"), failed_call(problem="rides"))
    settle()
    assert read(account).predictions.is_empty() and made(account).calls.is_empty()


def test_a_window_keeps_its_begin_and_leaves_out_its_end(account, settle):
    times = ["2013-07-01T12:59:59+00:00", "2013-07-01T13:00:00+00:00", "2013-07-01T14:00:00+00:00"]
    deliver(account.lake, *(prediction(time, event_time=time) for time in times))
    settle()
    begin = datetime(2013, 7, 1, 13, tzinfo=UTC)
    assert ids(read(account, begin=begin, end=begin + HOUR)) == [times[1]]


def test_calls_and_predictions_are_found_by_when_they_were_made(account, settle):
    moments = [NOON - timedelta(days=3), NOON - HOUR, NOON, NOON + HOUR]
    deliver(
        account.lake,
        *(prediction(f"p{i}", made_at=m.isoformat()) for i, m in enumerate(moments)),
        *(failed_call(f"f{i}", made_at=m.isoformat()) for i, m in enumerate(moments)),
    )
    settle()
    log = made(account, since=NOON - HOUR, until=NOON)
    assert ids(log) == ["p1", "p2"]
    assert sorted(log.calls["call_id"].to_list()) == ["f1", "f2"]
    log = made(account, since=NOON - timedelta(days=4), until=NOON)
    assert ids(log) == ["p0", "p1", "p2"]


def test_a_prediction_of_a_model_with_other_outputs_is_kept_without_them(account, settle):
    both = {"late": 0.1, "delayed": 0.2}
    deliver(
        account.lake,
        prediction("p1", outputs={"delayed": 0.3}),
        prediction("p2"),
        prediction("p3", outputs=both),
        prediction("p4", outputs={}),
    )
    settle()
    found = read(account).predictions.sort("prediction_id")
    assert found["outputs"].to_list() == [None, [0.25], None, None]


def test_values_of_other_types_than_today_are_cast_or_null(account, settle):
    features = [{"hour": 9}, {"hour": 9.5}, {"hour": "9"}, {"hour": "nine"}, {"dest": 7}, {}]
    deliver(account.lake, *(prediction(f"p{i}", features=one) for i, one in enumerate(features)))
    settle()
    found = read(account).predictions.sort("prediction_id")["features"].struct.unnest()
    assert found["hour"].to_list() == [9.0, 9.5, 9.0, None, None, None]
    assert found["dest"].to_list() == [None, None, None, None, "7", None]


def test_a_private_feature_is_no_column_of_the_log(account, settle):
    text = (REPOSITORY / "flights" / "problem.yaml").read_text()
    private = parse_problem(
        text.replace("dest: {type: string,", "dest: {type: string, private: true,"),
        file="problem.yaml",
    )
    deliver(account.lake, prediction("p1"))
    settle()
    found = read_events(account.lake, problem=private, begin=BEGIN, end=END).predictions
    assert "dest" not in found["features"].struct.fields and found.height == 1


def test_one_prediction_is_found_with_its_place(account, settle):
    key = deliver(account.lake, prediction("p1"), prediction("p2", outputs={"delayed": 0.5}))
    settle()

    def find(name: str, since: datetime = NOON - HOUR) -> Any:
        return find_prediction(
            account.lake,
            account.state,
            problem="flights",
            prediction_id=name,
            since=since,
            until=NOON + HOUR,
        )

    place, record = find("p2")
    assert place == key or place.startswith("predictions/flights/date=2013-07-01/")
    assert record.outputs == {"delayed": 0.5}
    assert record.event["flight"] == 15 and record.freshness_seconds["weather"] == 60.0
    assert find("p3") is None


class Counting:
    """An object store that counts what is read of it."""

    def __init__(self, lake: Any) -> None:
        self._lake, self.read, self.listed = lake, 0, 0

    def get(self, key: str) -> bytes:
        self.read += 1
        return self._lake.get(key)

    def list(self, prefix: str, *, start_after: str = "") -> Any:
        for item in self._lake.list(prefix, start_after=start_after):
            self.listed += 1
            yield item


def test_reading_a_window_costs_the_same_whatever_the_history(account):
    def day(number: int) -> None:
        moment = BEGIN + timedelta(days=number)
        times = {"event_time": moment.isoformat(), "made_at": (moment - HOUR).isoformat()}
        for part in range(2):
            record = prediction(f"{number}-{part}", **times)
            deliver(account.lake, record, name=f"{number}-{part}")
            compact_log(account.lake, account.state, now=NOON)

    def cost() -> tuple[int, int, int]:
        lake = Counting(account.lake)
        log = read_events(lake, problem=FLIGHTS, begin=BEGIN, end=BEGIN + timedelta(days=2))
        return lake.read, lake.listed, log.predictions.height

    for number in (0, 1):
        day(number)
    deliver(account.lake, prediction("new"), name="new")
    short = cost()
    assert short == (5, 5, 5)
    for number in (-30, -3, -2, -1, 2, 3, 4, 40):
        day(number)
    read_files, listed, rows = cost()
    assert (read_files, rows) == (5, 5)
    assert listed <= 6, "one listing of the window's dates ends with the first that is later"


def test_beyond_its_limit_a_reader_keeps_whole_calls_by_chance_and_says_the_share():
    rows = [prediction(f"p{i}", call_id=f"c{i // 5}") for i in range(2_000)]
    whole = frame_of(rows)
    shares, kept = [], []
    for parts in ([whole], list(whole.iter_slices(97)), list(whole.iter_slices(97))[::-1]):
        found = Gathered(FLIGHTS, ("outputs",), happened(BEGIN, END), limit=6_000)
        for part in parts:
            found.add(part)
        log = found.log()
        assert log.predictions.height * log.predictions.width <= 6_000
        assert set(log.predictions.group_by("call_id").len()["len"]) == {5}
        shares.append(log.share)
        kept.append(sorted(log.predictions["prediction_id"]))
    assert shares == [0.25] * 3 and kept[0] == kept[1] == kept[2]


def test_only_the_columns_that_are_asked_for_are_kept(account, settle):
    deliver(account.lake, prediction("p1"))
    settle()
    found = read(account, parts=("outputs",)).predictions
    assert not {"event", "features", "freshness_seconds"} & set(found.columns)
    assert set(NESTED) <= set(read(account).predictions.columns)
