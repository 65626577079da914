"""The processing job as the entry point calls it, against S3 and DynamoDB (moto)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from feast import FeatureStore

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.documents.training_set_summary import TrainingSetSummary
from ghosteam.features.codec import StoredRow
from ghosteam.features.feast_objects import offline_config
from ghosteam.features.training_set import read_sources
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import views_of
from ghosteam.problem.lengths import days
from ghosteam.problem.spec import Problem
from ghosteam.runtime import job_inputs
from ghosteam.steps.online_features import write_online
from tests import documents
from tests.online import place_of
from tests.prediction_log import deliver, prediction
from training_jobs import build_training_set

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTS = {"trips": ["lake/trips"], "weather": ["lake/weather"], "buses": ["lake/buses"]}


def tables() -> dict[str, pl.DataFrame]:
    trips = {
        "trip": list(range(80)),
        "start": [START + i * 3 * HOUR for i in range(80)],
        "line": ["7", "5"] * 40,
        "stop": ["A"] * 80,
        "bus": ["b1", "b2"] * 40,
        "delay": [float(i % 9) for i in range(80)],
    }
    weather = {
        "stop": ["A"] * 240,
        "hour": [START + i * HOUR for i in range(240)],
        "temp": [i / 3 for i in range(240)],
        "sky": ["x"] * 240,
    }
    utc = pl.Datetime("us", "UTC")
    return {
        "lake/trips": pl.DataFrame(trips, schema_overrides={"start": utc}),
        "lake/weather": pl.DataFrame(weather, schema_overrides={"hour": utc}),
        "lake/buses": pl.DataFrame({"bus": ["b1"], "seats": [40]}),
    }


@pytest.fixture
def base(dynamodb: Any, trips: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's folder with its plan; the lake holds the tables, the online store what follows from
    them.
    """
    monkeypatch.setattr(job_inputs, "deployed_problems", lambda: {"trips": trips})
    s3 = boto3.client("s3")
    for bucket in ("lake", "artifacts"):
        s3.create_bucket(Bucket=bucket)
    for key, frame in tables().items():
        body = BytesIO()
        frame.write_parquet(body)
        s3.put_object(Bucket="lake", Key=key, Body=body.getvalue())
    sources = read_sources(trips, PARTS, tables().__getitem__)
    for view in views_of(trips):
        rows = [
            (
                {k: row[k] for k in view.join_keys},
                StoredRow({n: row[n] for n in view.features.values()}, row[KNOWN_FROM]),
            )
            for row in sources.views[view.name].collect().iter_rows(named=True)
        ]
        write_online(dynamodb, place_of("on", trips, view.name), rows)
    plan = documents.plan(
        "trips",
        train_start=START,
        holdout_start=START + 7 * DAY,
        holdout_end=START + 9 * DAY,
        parts=PARTS,
    )
    s3.put_object(Bucket="artifacts", Key=keys.plan("trips", plan.run_id), Body=b"{}")
    (tmp_path / "processing/input/plan").mkdir(parents=True)
    (tmp_path / "processing/input/plan/plan.json").write_text(json.dumps(plan.to_json()))
    return tmp_path


def test_the_job_writes_both_frames_and_finds_the_online_store_equal(
    base: Path, trips: Problem, tmp_path: Path
) -> None:
    build_training_set.main(base, [])
    output = base / "processing/output/training_set"
    summary = TrainingSetSummary.from_json(json.loads((output / "summary.json").read_text()))
    train, holdout = (pl.read_parquet(output / f"{name}.parquet") for name in ("train", "holdout"))
    assert (
        summary.rows
        == {"train": train.height, "holdout": holdout.height}
        == {"train": 56, "holdout": 17}
    )
    assert tuple(train.columns[-len(trips.feature_names) :]) == trips.feature_names
    parity = summary.parity
    assert (parity.served, parity.served_rows, parity.newer, parity.examples) == ({}, 0, 0, ())
    assert set(parity.stored) == {"weather__temp", "weather__sky", "buses__seats", "line_late_2d"}
    assert set(parity.stored.values()) == {FeatureParity(17)}
    assert summary.feast == {"registry": "s3://artifacts/feast/trips/registry.db"}

    boto3.client("s3").download_file(
        "artifacts", "feast/trips/registry.db", str(tmp_path / "published.db")
    )
    store = FeatureStore(
        config=offline_config(trips, online_prefix="on", registry=tmp_path / "published.db")
    )
    assert {v.batch_source.path for v in store.list_feature_views()} == {
        f"s3://artifacts/feast/trips/sources/{view.name}/rows.parquet" for view in views_of(trips)
    }


def test_a_set_that_is_made_again_from_its_plan_is_equal_to_the_byte(
    base: Path, trips: Problem, dynamodb: Any
) -> None:
    def made() -> dict[str, bytes]:
        build_training_set.main(base, [])
        output = base / "processing/output/training_set"
        return {path.name: path.read_bytes() for path in output.glob("*.parquet")}

    def fingerprint() -> str:
        told = base / "processing/output/training_set/summary.json"
        return TrainingSetSummary.from_json(json.loads(told.read_text())).fingerprint

    first, digest = made(), fingerprint()
    assert first
    # What landed, and came online, since the plan is no part of it.
    boto3.client("s3").put_object(Bucket="lake", Key="lake/later", Body=b"no part of the plan")
    newer = [({"bus": "b1"}, StoredRow({"buses__seats": 41.0}, START))]
    write_online(dynamodb, place_of("on", trips, "buses"), newer)
    assert (made(), fingerprint()) == (first, digest)


def test_rows_whose_outcome_came_since_the_hold_out_began_have_a_file_of_their_own(
    base: Path, trips: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = trips.target.model_copy(update={"matures": days(2)})
    late = trips.model_copy(update={"target": target})
    monkeypatch.setattr(job_inputs, "deployed_problems", lambda: {"trips": late})
    build_training_set.main(base, [])
    output = base / "processing/output/training_set"
    train, since = (pl.read_parquet(output / name) for name in ("train.parquet", keys.SINCE))
    assert (train.height, since.height) == (41, 15) and since.columns == train.columns
    assert since["event_time"].min() > START + 5 * DAY >= train["event_time"].max()
    assert since["weather__temp"].null_count() == 0


def test_an_online_row_that_differs_is_reported_with_both_values(
    base: Path, trips: Problem, dynamodb: Any
) -> None:
    write_online(
        dynamodb,
        place_of("on", trips, "buses"),
        [({"bus": "b1"}, StoredRow({"buses__seats": 41.0}, START))],
    )
    build_training_set.main(base, [])
    parity = parity_of(base)
    assert parity.stored["buses__seats"] == FeatureParity(17, different=9)
    assert parity.stored["weather__temp"] == FeatureParity(17)
    assert parity.examples[0] == {
        "row": {"trip": 56, "event_time": "2024-03-08T00:00:00+00:00"},
        "feature": "buses__seats",
        "fault": "different",
        "trained": 40.0,
        "online": 41.0,
    }


def parity_of(base: Path) -> Parity:
    output = base / "processing/output/training_set/summary.json"
    return TrainingSetSummary.from_json(json.loads(output.read_text())).parity


def put(key: str, frame: pl.DataFrame) -> None:
    body = BytesIO()
    frame.write_parquet(body)
    boto3.client("s3").put_object(Bucket="lake", Key=key, Body=body.getvalue())


def test_what_came_online_after_the_plan_is_no_fault_of_the_store(
    base: Path, trips: Problem, dynamodb: Any
) -> None:
    newer = pl.DataFrame({"bus": ["b1"], "seats": [41]})
    put(keys.validated_part("trips", "buses", "later", 0), newer)
    write_online(
        dynamodb,
        place_of("on", trips, "buses"),
        [({"bus": "b1"}, StoredRow({"buses__seats": 41.0}, START))],
    )
    build_training_set.main(base, [])
    parity = parity_of(base)
    assert parity.stored["buses__seats"] == FeatureParity(8)
    assert parity.newer == 9 and parity.examples == ()


def test_what_was_served_is_told_by_kind_of_fault(base: Path, trips: Problem) -> None:
    """Half of the trips are of bus b1, of which alone the seats are known."""
    train = tables()["lake/trips"].slice(2, 40)
    rows = train.iter_rows(named=True)
    lines = []
    for number, row in enumerate(rows):
        seats, made = (40.0 if row["bus"] == "b1" else None), row["start"] - HOUR
        features = {"line": row["line"], "buses__seats": seats}
        fresh: dict[str, float | None] = {"buses": 0.0 if seats else None}
        if row["bus"] == "b1" and number % 4 == 0:
            features["buses__seats"], fresh["buses"] = None, None
        if row["bus"] == "b1" and number % 8 == 2:
            features["buses__seats"] = 39.0
        lines.append(
            prediction(
                f"p{number}",
                problem="trips",
                event={"trip": row["trip"]},
                event_time=row["start"].isoformat(),
                made_at=made.isoformat(),
                features=features,
                freshness_seconds=fresh,
            )
        )
    lake = Objects(boto3.client("s3"), "lake")
    deliver(lake, *lines, {**lines[0], "prediction_id": "p9-again", "features": {"line": "9"}})
    build_training_set.main(base, [])
    parity = parity_of(base)
    assert parity.served_rows == 40
    assert parity.served["line"] == FeatureParity(40)
    seats = parity.served["buses__seats"]
    assert (seats.rows, seats.null_online, seats.late, seats.different) == (40, 10, 0, 5)
    assert parity.served["weather__temp"] == FeatureParity(0), "no record has it"
    assert {one["fault"] for one in parity.examples} == {"null_online", "different"}


def test_by_what_was_available_the_set_differs_and_the_online_store_does_not(
    base: Path, trips: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The buses came online in the middle of the hold-out, in place of a file that is gone."""
    features = trips.features.model_copy(update={"clock": "available_at"})
    problem = trips.model_copy(update={"features": features})
    monkeypatch.setattr(job_inputs, "deployed_problems", lambda: {"trips": problem})
    late, gone = (keys.validated_part("trips", "buses", name, 0) for name in ("late", "gone"))
    put(late, tables()["lake/buses"])
    path, since = base / "processing/input/plan/plan.json", START + 8 * DAY
    plan = {
        **json.loads(path.read_text()),
        "parts": {**PARTS, "buses": [late]},
        "history": {"buses": [gone, late]},
        "available_at": {"buses/late": since.isoformat()},
    }
    path.write_text(json.dumps(plan))
    build_training_set.main(base, [])
    output = base / "processing/output/training_set"
    train, holdout = (pl.read_parquet(output / f"{name}.parquet") for name in ("train", "holdout"))
    assert train["buses__seats"].null_count() == train.height
    there = (pl.col("event_time") >= since) & (pl.col("trip") % 2 == 0)
    assert holdout.filter(there)["buses__seats"].to_list() == [40.0] * 5
    assert holdout["buses__seats"].drop_nulls().len() == 5
    assert set(parity_of(base).stored.values()) == {FeatureParity(17)}
