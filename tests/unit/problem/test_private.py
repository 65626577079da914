"""What a private column means, from the specification to every place that its values must not
reach.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ghosteam.errors import InvalidInput
from ghosteam.monitoring import model_reference
from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import parse_problem
from tests import documents
from tests.builders import REPOSITORY
from tests.learning_builders import PROBLEM_YAML, evaluated, rows
from training_jobs.drift_report import PAGE, write_report

FLIGHTS = (REPOSITORY / "flights" / "problem.yaml").read_text()
PRIVATE_TEMP = FLIGHTS.replace("temp: {type: number,", "temp: {type: number, private: true,")
PRIVATE_LINE = PROBLEM_YAML.replace("line: string", "line: {type: string, private: true}")
TRAINS = parse_problem(PRIVATE_LINE.replace(", slices: [line]", ""), file="trains/problem.yaml")


def test_features_that_come_from_a_private_column_are_private() -> None:
    problem = parse_problem(PRIVATE_TEMP, file="flights/problem.yaml")
    assert problem.private_features == {"weather__temp"}
    assert problem.logged_features == tuple(
        name for name in problem.feature_names if name != "weather__temp"
    )
    assert TRAINS.private_features == {"line"} and TRAINS.logged_features == ("wind",)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda text: text.replace(
                "carrier: {type: string,", "carrier: {type: string, private: true,"
            ),
            "'carrier' cannot be private",
        ),
        (
            lambda text: text.replace("minute: {type", "minute: {private: true, type"),
            "'minute' cannot be private",
        ),
        (
            lambda text: PRIVATE_TEMP.replace("slices: [", "slices: [weather__temp, "),
            "'weather__temp' is private, and its values would stand in the gates' reasons",
        ),
    ],
)
def test_what_must_be_logged_cannot_be_private(change: Callable[[str], str], says: str) -> None:
    text = change(FLIGHTS)
    assert text != FLIGHTS
    with pytest.raises(InvalidInput, match=says):
        parse_problem(text, file="flights/problem.yaml")


def test_a_private_feature_is_not_in_the_reference_that_drift_is_judged_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, list[str]] = {}
    monkeypatch.setattr(
        model_reference,
        "build_reference",
        lambda _train, **names: asked.update(names) or documents.drift_reference(),
    )
    found = evaluated(np.zeros((10, 1)))
    model_reference.model_reference(
        TRAINS,
        found.chosen.predictor,
        rows(10),
        rows(10),
        outputs=found.outputs,
        importance=found.document.importance,
    )
    assert (asked["numeric"], asked["categorical"]) == (["wind"], [])


def test_a_feature_that_became_private_after_the_training_is_passed_over() -> None:
    names = {"numeric": ["wind"], "categorical": ["line"], "event_time": "event_time"}
    train = rows(4000)
    reference = build_reference(
        train, **names, window=train["event_time"].max() - train["event_time"].min()
    )  # type: ignore[arg-type, operator]
    judged = judge_window(rows(500, seed=3).drop("line"), reference, watch=TRAINS.watch)
    assert isinstance(judged, WindowDrift)
    assert [one.name for one in judged.features if one.role == "feature"] == ["wind"]


def test_a_drift_report_shows_no_private_value(tmp_path: Path) -> None:
    secret = rows(300, seed=5).with_columns(line=pl.lit("secret-line"))
    summary = write_report(tmp_path, TRAINS, rows(400), secret, label="")
    assert summary["features"] == ["wind"]
    assert "secret-line" not in (tmp_path / PAGE).read_text()
    assert "secret-line" not in json.dumps(summary)
