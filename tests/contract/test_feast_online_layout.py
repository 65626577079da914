"""The thin reader and writer against Feast itself: the same tables, the same rows, in both
directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from feast import FeatureStore
from feast.errors import PushSourceNotFoundException
from feast.repo_config import load_repo_config
from moto import mock_aws

from ghosteam.features.codec import StoredRow
from ghosteam.features.feast_objects import feast_objects, offline_config, register
from ghosteam.features.views import View, feast_project, online_table, views_of
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online, write_online
from tests.online import create_online_table, place_of, with_short_windows

ROOT = Path(__file__).parents[2]
PREFIX = "ghosteam_local"
NOW = datetime(2013, 7, 1, 12, 30, tzinfo=UTC)
EVENTS = [
    {"carrier": "UA", "origin": "EWR", "dest": "IAH", "tailnum": "N14228"},
    {"carrier": "B6", "origin": "JFK", "dest": "BQN", "tailnum": "N804JB"},
    {"carrier": "ÄÖ", "origin": "LGA", "dest": "IAH", "tailnum": "unknown"},
]


@pytest.fixture(scope="module")
def problem() -> Problem:
    return with_short_windows(load_problem(ROOT / "feature_repo/flights"), "carrier")


@pytest.fixture
def feast(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FeatureStore]:
    """Feast with the project's ``feature_store.yaml``, a registry as training publishes it, and
    empty tables (moto).
    """
    registry = tmp_path / "registry.db"
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "GHOSTEAM_FEAST_PROJECT": feast_project(PREFIX, problem.problem),
        "GHOSTEAM_FEAST_REGISTRY": str(registry),
        "GHOSTEAM_FEAST_TABLE": online_table(PREFIX),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    publisher = FeatureStore(
        config=offline_config(problem, online_prefix=PREFIX, registry=registry)
    )
    register(publisher, feast_objects(problem, lambda view: str(tmp_path / f"{view}.parquet")))
    with mock_aws():
        create_online_table(boto3.client("dynamodb"), PREFIX)
        path = ROOT / "feature_repo/feature_store.yaml"
        yield FeatureStore(config=load_repo_config(path.parent, path))


def rows_of(view: View) -> list[tuple[dict[str, Any], StoredRow]]:
    """A row for each event but the last, every third feature null."""
    rows = {}
    for event in EVENTS[:2]:
        key = view.key_of(event, NOW)
        assert key
        values = {
            name: None if i % 3 == 1 else len(key) / 7 + i
            for i, name in enumerate(view.features.values())
        }
        rows[tuple(key.items())] = (key, StoredRow(values, NOW - timedelta(minutes=30)))
    return list(rows.values())


def frame_of(view: View, after: timedelta = timedelta()) -> pd.DataFrame:
    """The rows as Feast takes them."""
    rows = [
        {**key, **row.features, "event_timestamp": row.event_time + after}
        for key, row in rows_of(view)
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(view.features.values(), "float64"))


def with_keys(problem: Problem) -> list[dict[str, Any]]:
    return [
        {k: v for view in views_of(problem) for k, v in (view.key_of(event, NOW) or {}).items()}
        for event in EVENTS
    ]


def all_features(problem: Problem) -> list[str]:
    return [f"{view.name}:{name}" for view in views_of(problem) for name in view.features.values()]


def test_feast_reads_what_the_writer_wrote(problem: Problem, feast: FeatureStore) -> None:
    client = boto3.client("dynamodb")
    for view in views_of(problem):
        write_online(client, place_of(PREFIX, problem, view.name), rows_of(view))
    answer = feast.get_online_features(
        features=all_features(problem), entity_rows=with_keys(problem)
    ).to_dict()
    ours = read_online(client, problem, PREFIX, EVENTS, [NOW] * len(EVENTS))
    assert any(value is not None for row in ours for value in row.features.values())
    for name in ours[0].features:
        assert [row.features[name] for row in ours] == answer[name], name


@pytest.mark.parametrize("way", ["written", "pushed", "materialized"])
def test_the_reader_reads_what_feast_wrote(
    problem: Problem, feast: FeatureStore, tmp_path: Path, way: str
) -> None:
    for view in views_of(problem):
        frame = frame_of(view)
        if way == "materialized":
            frame.to_parquet(tmp_path / f"{view.name}.parquet")
        elif way == "pushed" and view.kind != "window":
            feast.push(view.name, frame)
        else:
            feast.write_to_online_store(view.name, frame)
    if way == "materialized":
        feast.materialize(NOW - timedelta(hours=1), NOW)
    client = boto3.client("dynamodb")
    answer = feast.get_online_features(
        features=all_features(problem), entity_rows=with_keys(problem)
    ).to_dict()
    ours = read_online(client, problem, PREFIX, EVENTS, [NOW] * len(EVENTS))
    for name in ours[0].features:
        assert [row.features[name] for row in ours] == answer[name], name
    assert ours[0].freshness_seconds == {view.name: 1800.0 for view in views_of(problem)}
    assert set(ours[2].freshness_seconds.values()) == {
        None,
        1800.0,
    }  # nobody wrote that carrier and aircraft


def test_feast_leaves_what_the_writer_keeps_and_what_became_known_later(
    problem: Problem, feast: FeatureStore
) -> None:
    client, hour = boto3.client("dynamodb"), timedelta(hours=1)

    def items() -> dict[str, Any]:
        found = client.scan(TableName=online_table(PREFIX), ConsistentRead=True)["Items"]
        return {item["entity_id"]["S"]: item for item in found}

    for view in views_of(problem):
        kept = [
            (key, replace(row, features=dict.fromkeys(row.features, 9.0), notes={"kept": "k"}))
            for key, row in rows_of(view)
        ]
        write_online(client, place_of(PREFIX, problem, view.name), kept)
    before = items()
    for view in views_of(problem):
        feast.write_to_online_store(view.name, frame_of(view, -hour))
    assert items() == before
    for view in views_of(problem):
        feast.write_to_online_store(view.name, frame_of(view, hour))
    after = items()
    assert {item["kept"]["S"] for item in after.values()} == {"k"}
    assert all(after[one]["values"] != before[one]["values"] for one in before)


def test_windows_are_made_of_rows_and_cannot_be_pushed(
    problem: Problem, feast: FeatureStore
) -> None:
    for view in views_of(problem):
        if view.kind == "window":
            with pytest.raises(PushSourceNotFoundException, match=view.name):
                feast.push(view.name, frame_of(view))


def test_the_registry_holds_one_view_for_each_table(problem: Problem, feast: FeatureStore) -> None:
    assert {view.name for view in feast.list_feature_views()} == {
        view.name for view in views_of(problem)
    }
    [weather] = [view for view in feast.list_feature_views() if view.name == "weather"]
    assert {column.name for column in weather.entity_columns} == {"origin", "weather_period"}
    assert [field.name for field in weather.features] == [
        f"weather__{c}" for c in problem.joined_columns("weather")
    ]
