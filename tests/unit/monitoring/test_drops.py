"""What has limits of its own in a window: slices, and other metrics than the one that judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cli.facts.verdicts import of_verdict
from ghosteam.documents import state_keys
from ghosteam.documents.routing import Routing
from ghosteam.monitoring.drops import MIN_SLICE_ROWS, drops_in, slices_kept
from ghosteam.retraining.triggers.trigger import TRIGGERS
from tests import documents
from tests.labelled import arrived, flights_frame, land, predict
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

PLACES = [f"P{number}" for number in range(12)]


def rows(count: int, seed: int, *, lost: str = "") -> tuple[pl.DataFrame, np.ndarray]:
    """Outcomes at places of like sizes, of which a score knows as much everywhere but where it is
    ``lost``.
    """
    random = np.random.default_rng(seed)
    place = random.choice(PLACES, count)
    target = (random.random(count) < 0.25).astype(np.int8)
    signal = np.where(place == lost, 0.0, 1.2)
    scores = 1 / (1 + np.exp(-(signal * target + random.normal(size=count))))
    return pl.DataFrame({"origin": place, "target": target}), scores[:, None]


def drops(problem, known, window, **holdout):
    frame, outputs = window
    target = frame["target"].to_numpy()
    return drops_in(problem, target, outputs, frame, holdout=holdout, slices=known)


@pytest.fixture(scope="module")
def known(flights):
    return slices_kept(flights, *rows(12_000, 0))


@pytest.fixture
def strict(flights):
    promote = flights.promote.model_copy(update={"max_slice_drop": 1e-6})
    return flights.model_copy(update={"promote": promote})


def test_of_like_windows_a_slice_is_found_worse_as_rarely_as_said(strict, known):
    assert set(known) == {f"origin={place}" for place in PLACES}
    found = [drops(strict, known, rows(6_000, seed)) for seed in range(1, 31)]
    assert all(len(one) == len(PLACES) for one in found)
    assert sum(any(drop.past for drop in one) for one in found) <= 4


def test_a_slice_that_lost_its_signal_is_found_and_named(flights, known):
    found = drops(flights, known, rows(6_000, 40, lost="P7"))
    assert [drop.part for drop in found if drop.past] == ["origin=P7"] == [found[0].part]
    assert found[0].least < found[0].holdout - found[0].value
    assert found[0].labels > 400 and found[0].limit == flights.promote.max_slice_drop


def test_slices_that_are_small_or_that_the_hold_out_did_not_have_are_not_judged(flights, known):
    frame, outputs = rows(4_000, 2)
    kept = frame.with_row_index().filter(
        (pl.col("origin") != "P0") | ((pl.col("origin") == "P0").cum_sum() < MIN_SLICE_ROWS)
    )
    window = kept.drop("index"), outputs[kept["index"].to_numpy()]
    names = {drop.part for drop in drops(flights, known, window)}
    assert names == {f"origin={place}" for place in PLACES[1:]}
    fewer = {name: one for name, one in known.items() if name != "origin=P1"}
    assert "origin=P1" not in {drop.part for drop in drops(flights, fewer, window)}
    assert drops(flights, {}, window) == ()
    of_another = {name: {**one, "metric": "brier"} for name, one in known.items()}
    assert drops(flights, of_another, window) == ()


def test_other_metrics_have_limits_in_their_own_units(flights):
    limits = {"brier": 0.02, "log_loss": 0.5}
    performance = flights.watch.performance.model_copy(update={"max_drop_of": limits})
    watch = flights.watch.model_copy(update={"performance": performance})
    problem = flights.model_copy(update={"watch": watch})
    known = {"brier": 0.12, "log_loss": 0.55}
    first, second = drops(problem, {}, rows(3_000, 3), **known)
    assert (first.metric, first.part, first.past, first.limit) == ("brier", None, True, 0.02)
    assert second.metric == "log_loss" and not second.past
    assert first.value - first.holdout > first.least > 0.02
    assert drops(problem, {}, rows(3_000, 3), brier=None) == ()


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("rmse: 2", "rmse is not measured of a binary problem; "),
        ("roc_auc: 0.1", "roc_auc is what models are judged by: write max_drop"),
    ],
)
def test_a_limit_is_of_another_metric_that_is_measured(limit, says):
    change = f"watch: {{performance: {{max_drop_of: {{{limit}}}}}}}\nexclude:"
    [fault] = faults_of(TEXT, ("exclude:", change))
    assert says in fault.message
    assert str(fault.where["field"]).endswith(f"max_drop_of.{limit.split(':')[0]}")


def test_a_window_with_a_bad_slice_is_degraded_and_says_which(served, flights):
    names = {"origin=EWR": {"metric": "roc_auc", "value": 0.95, "deviation": 0.01}}
    known = served.artifacts.get_json("reference.json") | {"slices": names}
    served.artifacts.put_json("reference.json", known)

    def again(routing: Routing) -> Routing:
        digests = {"reference": served.artifacts.digest("reference.json"), "train": "t"}
        champion = replace(routing.champion, digests=digests, metrics={"roc_auc": 0.4})
        return replace(routing, champion=champion)

    served.state.update("flights", state_keys.ROUTING, again)
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False, features=("origin",))
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert verdict.degraded and verdict.limit < verdict.value < 0.6
    [drop] = verdict.past
    assert (drop.part, drop.labels) == ("origin=EWR", 900)
    assert drop.told in of_verdict(verdict).text
    [event] = served.bus.events
    bus = {"detail-type": event.type, "detail": event.detail()}
    assert drop.told in TRIGGERS.find("performance").told(bus).detail
    stored = documents.performance_verdict(drops=verdict.drops)
    assert type(stored).from_json(stored.to_json()) == stored
