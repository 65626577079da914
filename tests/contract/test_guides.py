"""What the guides tell to write does what they say."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent
from typing import get_args

import numpy as np
import polars as pl
import pytest

from ghosteam.channels.channel import CHANNELS, Subscription, place_of
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.learning.families.family import FAMILIES
from ghosteam.metrics.metric import METRICS, Metric
from ghosteam.monitoring.detectors.detector import DETECTORS, Detector, Measured
from ghosteam.problem.expressions.functions import CALLED
from ghosteam.problem.expressions.times import PARTS
from ghosteam.problem.load import parse_problem
from ghosteam.problem.serve import Serve
from ghosteam.retraining.triggers.trigger import TRIGGERS, Trigger
from ghosteam.serving.backends.backend import BACKENDS, Backend
from ghosteam.tasks.task import TASKS, Learned, metrics_of
from ghosteam.testing.aggregates import check_algebra, check_window
from ghosteam.testing.backends import check_backend
from ghosteam.testing.channels import check_channel
from ghosteam.testing.detectors import check_detector, check_false_alarms
from ghosteam.testing.families import check_categories, check_family, check_weights
from ghosteam.testing.metrics import check_metric
from ghosteam.testing.tasks import check_learned, check_task
from ghosteam.testing.triggers import check_trigger, event_of
from tests.alerts import alert
from tests.distributions import installed_in
from tests.guides import GUIDES, block_of, code_of, followed
from tests.unit.features.oracle import RIDES
from tests.unit.serving.backends import SERVE, check_sagemaker_takes, flights, variant


@pytest.mark.parametrize(
    "kind",
    ["aggregate", "backend", "channel", "detector", "family", "metric", "task", "trigger"],
)
def test_a_member_is_added_by_one_file_and_its_name(kind: str) -> None:
    (guide,) = GUIDES.glob(f"add-a*-{kind}.md")
    steps = re.findall(r"^\d\. (.*)", guide.read_text(), re.MULTILINE)
    assert len(steps) == 2
    assert re.match(r"`[\w/]+\.py`", steps[0]) and re.match(r"(Its|The) name in `[A-Z]+`", steps[1])


def test_the_task_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = followed("add-a-task.md", "count", TASKS, tmp_path, monkeypatch)
    check_learned(task)
    draw = np.random.default_rng(0)
    expected = draw.gamma(2.0, size=300) * 3
    target = draw.poisson(expected).astype(float)
    check_task(task, (), pl.Series(target.astype(int)), expected[:, None], target)
    found = task.outcomes(pl.Series([2.0, 0.0, None, -1.0, 2.5]), ()).to_list()
    assert [str(value) for value in found] == ["2.0", "0.0", "None", "nan", "nan"]
    assert (task.finish(expected[:, None], {"half_width": 50.0})[:, 1] == 0).all()


def test_the_metric_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = followed("add-a-metric.md", "large_errors", METRICS, tmp_path, monkeypatch)
    assert isinstance(metric, Metric)
    assert "large_errors" in metrics_of(TASKS.find("regression"))
    target = np.array([0.0, 5.0, 30.0])
    outputs = np.column_stack([np.add(target, [11.0, 1.0, -12.0]), target, target])
    check_metric(metric, target, outputs, np.array([2.0, 1.0, 0.0]), threshold=0.5)
    assert metric.over(target, outputs, 0.5)(np.ones(3)) == pytest.approx(2 / 3)


def test_the_aggregate_of_the_guide_keeps_the_contract(tmp_path: Path) -> None:
    with installed_in(tmp_path) as site:
        code, group = code_of("add-an-aggregate.md", "largest"), "ghosteam.aggregates"
        site.install("sizes", code, "largest = sizes:MEMBER", group=group)
        found = AGGREGATES.find("largest")
        values = [2.0, -3.5, 7.25, -7.25, 0.0]
        check_algebra(found, values, (1, 3), expected=lambda known: max(map(abs, known)))
        check_algebra(found, [], (0, 0), expected=lambda _: None)
        rows = [("AB"[n % 2], n * 0.7, value) for n, value in enumerate(values * 3)]
        check_window(found, [*rows, ("A", 30.0, 1.0)], days=3)


def test_the_windows_of_the_guide_are_a_problem_s() -> None:
    windows = indent(block_of("windows.md", "yaml"), "  ")
    rides = RIDES.format(id="").replace("line: string, delay", "line: string, fare: number, delay")
    problem = parse_problem(rides[: rides.index("  windows:")] + windows)
    told = (GUIDES / "windows.md").read_text()
    assert problem.feature_names[1:4] == ("line_late_1d", "line_late_7d", "line_late_28d")
    assert all(f"`{name}`" in told for name in (*AGGREGATES.names, "line_late_28d"))
    assert {window.aggregate for window in problem.features.windows} >= {
        "count",
        "mean",
        "std",
        "distinct",
        "last",
        "lag",
        "time_since",
    }


def test_the_joins_of_the_guide_are_a_problem_s() -> None:
    payments = """\
version: 1
problem: payments
task: binary
entities: {card: [card]}
event_time: at
target: {name: fraud, expr: charged_back, known_at: event_time + 30d}
"""
    problem = parse_problem(payments + block_of("joins.md", "yaml"))
    assert problem.joined_datasets == ("merchants", "rates", "regions")
    assert "region" not in problem.request_columns


def test_the_facts_of_the_guide_are_a_problem_s() -> None:
    orders = """\
version: 1
problem: shop
task: binary
entities: {customer: [customer]}
event_time: placed
target: {name: back, expr: returned, known_at: event_time + 30d}
"""
    problem = parse_problem(orders + block_of("facts.md", "yaml"))
    assert problem.feature_names[:2] == ("spent_7d", "spent_28d")
    assert problem.used_datasets == ("orders", "payments")


def test_the_derived_features_of_the_guide_are_a_problem_s() -> None:
    flights = """\
version: 1
problem: flights
task: binary
entities: {flight: [flight]}
event_time: time
target: {name: late, expr: delay > 15, known_at: event_time + 1d}
datasets:
  flights:
    role: events
    columns: {flight: integer, time: timestamp, carrier: string, origin: string, dest: string,
      tailnum: string, distance: integer, air_time: number, delay: "number?"}
  weather: {key: [origin], time: at, every: 1h,
    columns: {origin: string, at: timestamp, temp: number}}
  planes: {key: [tailnum], static: true, columns: {tailnum: string, built: "timestamp?"}}
features:
  windows: [{name: carrier_rows, by: [carrier], count: rows, over: [1d, 28d]}]
"""
    problem = parse_problem(flights + indent(block_of("derived.md", "yaml"), "  "))
    texts = problem.text_features
    assert {derived.name for derived in problem.features.derived} >= {*texts, "speed", "weekday"}
    assert texts == ("route", "frost") and "weekday" in problem.categorical_features
    told = (GUIDES / "derived.md").read_text()
    assert all(f"`{name}" in told for name in (*CALLED, *PARTS, "epoch"))


def test_the_worths_of_the_guide_are_a_problem_s() -> None:
    payments = """\
version: 1
problem: payments
task: TASK
entities: {payment: [payment]}
event_time: at
target: {name: result, expr: came, known_at: at + 1d CLASSES}
datasets:
  payments:
    role: events
    columns: {payment: integer, at: timestamp, amount: number, came: COLUMN}
features: {request: [amount]}
promote: {metric: METRIC, at_most: 1}
decide: {value: "VALUE"}
"""
    tasks = {
        "regression": ("", "number?", "rmse"),
        "binary": ("", "boolean?", "brier"),
        "multiclass": (", classes: [urgent, soon, later]", '"string?"', "log_loss"),
    }
    table = (GUIDES / "retraining.md").read_text().partition("| | `decide.value` |")[2]
    values = re.findall(r"\| `(.+)` \|", table)[: len(tasks)]
    for (task, (classes, column, metric)), value in zip(tasks.items(), values, strict=True):
        text = payments.replace("TASK", task).replace(" CLASSES", classes)
        text = text.replace("COLUMN", column).replace("METRIC", metric).replace("VALUE", value)
        assert parse_problem(text).decide.value == value


def test_the_detector_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = followed("add-a-detector.md", "triangular", DETECTORS, tmp_path, monkeypatch)
    assert isinstance(detector, Detector)
    check_detector(detector)
    check_false_alarms(detector)
    # Shares 1/2, 1/2 and 1/4, 3/4: (1/16 / (3/4) + 1/16 / (5/4)) / 2 = 1/15
    found = detector.measure(np.array([50.0, 50.0]), np.array([10.0, 30.0]))
    assert isinstance(found, Measured)
    assert float(found.statistic) == pytest.approx((1 / 15) ** 0.5)


def test_the_trigger_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = followed("add-a-trigger.md", "rollback", TRIGGERS, tmp_path, monkeypatch)
    assert isinstance(trigger, Trigger)
    check_trigger(trigger)
    assert trigger.told(event_of(trigger)).detail == "version 4 was rolled back to 3: slow"
    assert trigger.passes_over == {"cool-down"}


@pytest.mark.parametrize("task", get_args(Learned))
def test_the_family_of_the_guide_keeps_the_contract(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = followed("add-a-family.md", "extra", FAMILIES, tmp_path, monkeypatch)
    check_family(family, task, tmp_path)
    check_weights(family, task)
    check_categories(family, task)


def test_the_backend_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = followed("add-a-backend.md", "balanced", BACKENDS, tmp_path, monkeypatch)
    assert isinstance(backend, Backend)
    serve = Serve(mode="balanced", instance_count=2)
    check_backend(backend, serve)
    found = variant(flights(SERVE.replace("realtime", "balanced, instance_count: 2")))
    assert found["RoutingConfig"] == {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    assert found["InitialInstanceCount"] == 2
    check_sagemaker_takes(found)


def test_the_channel_of_the_guide_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = followed("add-a-channel.md", "tickets", CHANNELS, tmp_path, monkeypatch)
    for told in (alert(), alert(state="cleared", problem=None, details=("größe\x00" * 90_000,))):
        check_channel(channel, told)
    place = place_of("tickets", {"address": "tickets@example.com"})
    assert place == Subscription("email-json", "tickets@example.com")
