"""The batch scoring job against S3 and DynamoDB (moto), with a model that learned from the job's
own training set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ghosteam.aws.state import StateTable
from ghosteam.errors import InvalidInput, NotFound
from ghosteam.learning.package import load_model
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.features.conftest import TRIPS
from tests.unit.training_jobs.scoring import (
    ARGUMENTS,
    PARTS,
    PROBLEM,
    account,
    give,
    learn,
    output,
    trips_file,
)
from training_jobs import score_batch


@pytest.fixture
def problem(request: pytest.FixtureRequest) -> Problem:
    """A trip's number is in the column ``trip``, or as the test says."""
    column = getattr(request, "param", "trip")
    text = TRIPS.replace("[trip]", f"[{column}]").replace("{trip: integer", f"{{{column}: integer")
    return parse_problem(text)


@pytest.fixture
def state(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateTable]:
    with account(problem, monkeypatch) as table:
        yield table


@pytest.fixture
def learned(
    problem: Problem, state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pl.DataFrame:
    return learn(problem, state, tmp_path, monkeypatch)


def test_a_file_gets_exactly_the_scores_of_the_training_sides_features(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path, "trips.csv", trips_file())
    score_batch.main(tmp_path, ARGUMENTS)
    found = pl.read_parquet(output(tmp_path) / "predictions.parquet")
    expected = learned.select(
        "trip", expected=pl.Series(load_model(tmp_path / "model").predict_frame(learned)[:, 0])
    )
    both = expected.join(found, on="trip", how="left")
    assert both[PROBLEM.target.name].to_list() == both["expected"].to_list()
    assert both[PROBLEM.target.name].n_unique() > 10
    assert found.columns == [
        *("_row", "trip", "event_time", PROBLEM.target.name, "decision", "model_version")
    ]
    assert set(found["model_version"]) == {"7"}
    assert found["_row"].to_list() == list(range(1, 81))


@pytest.mark.parametrize("problem", ["row"], indirect=True)
def test_a_column_called_row_is_learned_and_scored_by(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path, "trips.csv", trips_file().replace(b"trip", b"row", 1))
    score_batch.main(tmp_path, ARGUMENTS)
    found = pl.read_parquet(output(tmp_path) / "predictions.parquet")
    assert found.columns[:3] == ["_row", "row", "event_time"]
    assert found["_row"].to_list() == list(range(1, 81))
    assert found["row"].to_list() == list(range(80))
    expected = load_model(tmp_path / "model").predict_frame(learned.sort("row"))[:, 0]
    assert set(learned["row"]) <= set(found["row"])
    both = found.filter(pl.col("row").is_in(learned["row"].to_list()))
    assert both[PROBLEM.target.name].to_list() == expected.tolist()


def test_the_manifest_names_the_model_and_the_data_of_the_features(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path, "trips.csv", trips_file())
    score_batch.main(tmp_path, ARGUMENTS)
    manifest = json.loads((output(tmp_path) / "manifest.json").read_text())
    assert (manifest["problem"], manifest["name"], manifest["source"]) == (
        "trips",
        "n1",
        "trips.csv",
    )
    assert manifest["model"] == {
        "version": "7",
        "run_id": "r1",
        "model_uri": "s3://artifacts/runs/trips/r1/model.tar.gz",
    }
    assert manifest["rows"] == {"scored": 80, "refused": 0}
    assert manifest["parts"] == {name: [key] for name, key in PARTS.items()}
    assert not (output(tmp_path) / "refused.jsonl").exists()


def test_a_batch_is_scored_like_the_file_with_its_rows(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path / "file", "trips.csv", trips_file())
    give(tmp_path / "batch", "batch.json", b'{"batch_id": "trips-1"}')
    for base in ("file", "batch"):
        score_batch.main(tmp_path / base, ARGUMENTS)
    file, batch = (
        pl.read_parquet(output(tmp_path / base) / "predictions.parquet")
        for base in ("file", "batch")
    )
    assert file.equals(batch)


def test_rows_of_a_time_of_which_nothing_is_known_are_scored_without_those_features(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path, "trips.csv", trips_file(start="2025-01-01T00:00:00Z"))
    score_batch.main(tmp_path, ARGUMENTS)
    unknown = [
        {**dict.fromkeys(PROBLEM.feature_names), "line": line, "buses__seats": seats}
        for line, seats in (("7", 40), ("5", None))
    ]
    scores = pl.read_parquet(output(tmp_path) / "predictions.parquet")[
        PROBLEM.target.name
    ].to_list()
    assert scores == load_model(tmp_path / "model").predict(unknown)[:, 0].tolist() * 40


def test_refused_rows_stand_beside_the_predictions_with_their_reasons(
    learned: pl.DataFrame, tmp_path: Path
) -> None:
    give(tmp_path, "trips.csv", trips_file() + b"x,2024-03-02T00:00:00Z,7,A,b1\n")
    score_batch.main(tmp_path, ARGUMENTS)
    (refused,) = [
        json.loads(line) for line in (output(tmp_path) / "refused.jsonl").read_text().splitlines()
    ]
    assert (refused["row"], refused["reasons"][0]["column"], refused["source"]) == (
        81,
        "trip",
        {"file": "trips.csv"},
    )
    assert json.loads((output(tmp_path) / "manifest.json").read_text())["rows"] == {
        "scored": 80,
        "refused": 1,
    }


def test_without_a_champion_the_job_says_so(
    state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_batch, "deployed_problems", lambda: {"trips": PROBLEM})
    give(tmp_path, "trips.csv", trips_file())
    with pytest.raises(InvalidInput, match="No model serves"):
        score_batch.main(tmp_path, ARGUMENTS)


def test_a_batch_that_was_not_validated_is_not_found(learned: pl.DataFrame, tmp_path: Path) -> None:
    give(tmp_path, "batch.json", b'{"batch_id": "other"}')
    with pytest.raises(NotFound, match="no such validated batch"):
        score_batch.main(tmp_path, ARGUMENTS)
