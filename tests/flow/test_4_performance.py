"""A model that does worse than it promised is the reason for a run; what that run learned must pass
the gates as any other.

August's outcomes are the wrong way round: who predicted well predicts badly, and nobody could have
known.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from tests.flow import slice as sample
from tests.flow.calls import ask, logged
from tests.flow.conftest import moment
from tests.flow.deployment import PREFIX
from tests.flow.world import World

pytestmark = pytest.mark.flow
WINDOW = (moment(8, 1), moment(8, 8))


@contextmanager
def policy_of(world: World, environment: str) -> Iterator[None]:
    """Decide by another environment's settings: the local one does not name ``performance``."""
    client, name = world.client("lambda"), f"{PREFIX}-decide-retraining"
    usual = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    other = {**usual, "GHOSTEAM_ENVIRONMENT_NAME": environment}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": other})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Environment={"Variables": usual})


def _inverted(days: int) -> bytes:
    """The slice's flights of the first days of August; the late ones came early, the others
    late.
    """
    flights = pl.read_csv(io.BytesIO(sample.flights_csv(8)), infer_schema=False)
    flights = flights.filter(pl.col("day").cast(pl.Int64) <= days, pl.col("arr_delay") != "NA")
    late = pl.col("arr_delay").cast(pl.Int64) > 15
    turned = pl.when(late).then(pl.lit("-5")).otherwise(pl.lit("60"))
    return flights.with_columns(turned.alias("arr_delay")).write_csv().encode()


def _drop_missing(world: World) -> None:
    """The months from April that no other test has dropped: a run in August needs them."""
    for dataset, months, body in (
        ("weather", range(4, 9), sample.weather_csv),
        ("flights", range(4, 8), sample.flights_csv),
    ):
        there = {record.source.key for record in world.ledger.active("flights", dataset)}
        for month in months:
            name = f"2013-{month:02d}.csv"
            if f"flights/{dataset}/{name}" not in there:
                assert world.settled(world.drop(dataset, name, body(month))).status == "validated"
    world.rest()


def _runs(world: World) -> dict[str, Run]:
    return {run.key.text: run.data for run in world.state.list("flights", state_keys.RUNS)}


def test_a_model_that_does_worse_than_it_promised_starts_a_retraining_that_the_gates_judge(
    world: World, champion: Slot
) -> None:
    _drop_missing(world)
    routing = world.state.get("flights", state_keys.ROUTING)
    assert routing is not None
    serving, before = routing.data.champion, _runs(world)
    answers = ask(world, sample.requests(world.problem, *WINDOW))
    logged(world, {answer["prediction_id"] for answer in answers})

    with policy_of(world, "dev"):
        world.drop("flights", "2013-08.csv", _inverted(days=9))
        degraded = world.eventually(
            "PerformanceDegraded",
            lambda: world.events("PerformanceDegraded", window_end=WINDOW[1].isoformat()),
            logs_of=("check_performance",),
        )[0]
        assert degraded["model_version"] == serving.version
        assert degraded["value"] < 0.5 < degraded["limit"]
        world.eventually(
            "the alarm on performance",
            lambda: [
                alert
                for alert in world.alerts("flights-PerformanceDegraded")
                if json.loads(alert["Message"])["NewStateValue"] == "ALARM"
            ],
        )
        started = world.eventually(
            "run because of performance",
            lambda: [key for key, run in _runs(world).items() if key not in before],
            logs_of=("decide_retraining",),
        )
        world.rest()

    (key,) = started
    run = _runs(world)[key]
    assert run.reason.trigger == "performance"
    assert "roc_auc is" in run.reason.detail and "its limit" in run.reason.detail
    assert run.as_of == WINDOW[1]
    decision = world.state.get("flights", state_keys.DECISIONS / run.occasion_id)
    assert decision is not None and decision.data.decision == "start"
    # Half of its hold-out is the wrong way round: nothing that learned from the past can be good
    # there.
    assert (run.status, run.version) == ("refused", None), run
    assert any(reason.startswith("absolute: roc_auc") for reason in run.reasons), run.reasons
    after = world.state.get("flights", state_keys.ROUTING)
    assert after is not None and after.data.champion == serving
    assert set(_runs(world)) - set(before) == {key}, "one run, and not one a window"
