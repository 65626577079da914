"""Problems without moments, in an account of their own: books of firms that close once a year, or
once a month, a file a period, and measurements without any time. Each becomes ready, holds out
whole periods or a share, and is served; a new period is judged, and events without a time meet a
second model.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

import polars as pl
import pytest

from ghosteam.aws.bus import Bus
from ghosteam.documents import keys, state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from tests.flow.checkout import deployed, empty_checkout
from tests.flow.periods import (
    BY_MONTHS,
    BY_YEARS,
    PROBLEMS,
    SOLD,
    WITHOUT_TIME,
    Periods,
    of_sectors,
    sold_before,
)
from tests.flow.world import World

pytestmark = [pytest.mark.flow, pytest.mark.long]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    checkout = empty_checkout(tmp_path_factory.mktemp("snapshots"))
    for periods in PROBLEMS.values():
        periods.write(checkout / "feature_repo")
    with deployed(checkout, tmp_path_factory.mktemp("account-of-snapshots")) as found:
        yield found


@pytest.fixture(scope="module")
def champions(world: World) -> dict[str, Slot]:
    """What serves each problem once its history has landed, file by file."""
    for periods in PROBLEMS.values():
        for dataset, files in periods.others.items():
            for name, frame in files.items():
                _drop(world, periods, dataset, name, frame)
        for name, frame in periods.history.items():
            _drop(world, periods, periods.dataset, name, frame)
    found = {name: _champion(world, name) for name in PROBLEMS}
    world.rest(within=900)
    return found


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_history_becomes_a_served_model_that_never_saw_whole_periods(
    world: World, champions: dict[str, Slot], name: str
) -> None:
    _learned(world, PROBLEMS[name], champions[name].run_id)


def test_facts_are_counted_for_each_period_as_by_hand(
    world: World, champions: dict[str, Slot]
) -> None:
    run_id = champions[BY_MONTHS.name].run_id
    train, holdout = _sets(world, BY_MONTHS.name, run_id)
    found = pl.concat([train, holdout]).filter(pl.col("event_time") > BY_MONTHS.learned[0])
    assert found["event_time"].n_unique() == len(BY_MONTHS.learned + BY_MONTHS.held_out) - 1
    for (moment, sector), rows in of_sectors(found).group_by("event_time", "sector"):
        assert isinstance(moment, datetime)
        assert rows[SOLD].unique().to_list() == [pytest.approx(sold_before(moment)[sector])]


@pytest.mark.parametrize("name", [BY_MONTHS.name, BY_YEARS.name])
def test_a_new_period_is_predicted_and_judged_before_the_one_after_it_is_known(
    world: World, champions: dict[str, Slot], name: str
) -> None:
    periods = PROBLEMS[name]
    end, (file, frame) = periods.last_ends, periods.last
    assert end is not None
    _predict(world, periods, champions[name])
    asked = {"problem": name, "as_of": end.isoformat()}
    drift = world.eventually(
        "all predictions in the log",
        lambda: (
            found if (found := world.invoke("check_drift", asked))["rows"] == frame.height else None
        ),
        within=300,
    )
    assert drift["undetermined"] is None and drift["model_version"] == champions[name].version
    _drop(world, periods, periods.dataset, file, frame)
    world.rest(within=600)
    verdicts = world.invoke("check_performance", {"problem": name})["verdicts"]
    [judged] = [one for one in verdicts if datetime.fromisoformat(one["window_end"]) == end]
    assert judged["labels"] == frame.height and judged["value"] > 0.8, judged


def test_events_without_a_time_are_predicted_and_learned_from_by_a_second_model(
    world: World, champions: dict[str, Slot]
) -> None:
    periods, champion = WITHOUT_TIME, champions[WITHOUT_TIME.name]
    name = periods.name
    _predict(world, periods, champion)
    _drop(world, periods, periods.dataset, *periods.last)
    world.rest(within=900)
    run = _again(world, periods)
    assert run.status == "promoted", run
    _learned(world, periods, run.run_id, files=3)
    routing = world.state.find(name, state_keys.ROUTING)
    assert routing is not None and routing.champion is not None
    assert routing.champion.version != champion.version


def _learned(world: World, periods: Periods, run_id: str, *, files: int = 2) -> None:
    """A run learned from, and was judged by, the periods that it should; of events without a time,
    by a share of those of so many ``files``.
    """
    name = periods.name
    train, holdout = _sets(world, name, run_id)
    evaluation = world.artifacts.get_json(keys.evaluation(name, run_id))
    assert evaluation["holdout_rows"] == holdout.height
    if not periods.learned:
        rows = sum(frame.height for frame in list(periods.files.values())[:files])
        assert train.height + holdout.height == rows
        assert 0.14 < holdout.height / (train.height + holdout.height) < 0.26
        return
    assert sorted(train["event_time"].unique()) == periods.learned
    assert sorted(holdout["event_time"].unique()) == periods.held_out


def _sets(world: World, name: str, run_id: str) -> list[pl.DataFrame]:
    """What a run learned from, and was judged by."""
    folder = keys.training_set(name, run_id)
    return [
        pl.read_parquet(io.BytesIO(world.artifacts.get(f"{folder}/{part}.parquet")))
        for part in ("train", "holdout")
    ]


def _predict(world: World, periods: Periods, champion: Slot) -> None:
    """The champion answers for every row of the last file."""
    columns = world.problems[periods.name].request_columns
    rows = periods.last[1].select(columns).to_dicts()
    for first in range(0, len(rows), 100):
        body = {"instances": rows[first : first + 100]}
        answer = world.api.request("POST", f"/v1/{periods.name}/predict", json=body)
        assert answer.status_code == 200, answer.text
        versions = {one["model_version"] for one in answer.json()["predictions"]}
        assert versions == {champion.version}


def _drop(world: World, periods: Periods, dataset: str, name: str, frame: pl.DataFrame) -> None:
    dropped = world.drop(dataset, name, frame.write_csv().encode(), problem=periods.name)
    assert world.settled(dropped, within=600).status == "validated"


def _champion(world: World, problem: str) -> Slot:
    def look() -> Slot | None:
        ended = [run.data for run in world.state.list(problem, state_keys.RUNS)]
        assert not [run for run in ended if run.status in ("refused", "failed")], ended
        routing = world.state.find(problem, state_keys.ROUTING)
        return routing.champion if routing else None

    logs = ("materialize_features", "decide_retraining", "start_run", "register_model")
    return world.eventually(f"champion of {problem}", look, logs_of=logs, within=900)


def _again(world: World, periods: Periods) -> Run:
    """The end of a run that somebody asks for."""
    before = {run.key for run in world.state.list(periods.name, state_keys.RUNS)}
    bus = Bus(world.client("events"), world.names["bus_name"])
    bus.publish(Event("RetrainingRequested", periods.name, {"request_id": "again"}))
    found: Run = world.eventually(
        "end of the second run",
        lambda: next(
            (
                run.data
                for run in world.state.list(periods.name, state_keys.RUNS)
                if run.key not in before and run.data.status not in ("running", "registered")
            ),
            None,
        ),
        logs_of=("decide_retraining", "start_run", "register_model", "finish_run"),
        within=900,
    )
    return found
