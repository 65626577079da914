"""The join of a training set beside Feast's file and DuckDB stores, and DuckDB's own ASOF JOIN.

    .ghosteam/env/dev/bin/python bench/point_in_time.py [--labels 100000] [--rows 1000000]
        [--only ours Feast-DuckDB]

Each is a process of its own, which reads the same Parquet files and writes its answer, so that its
peak memory is its own; they take turns, and the answers are compared: Feast's without the events of
which nothing was known, which it leaves out. Printed are medians of the seconds of the join with
reading and without imports, on the clock and of the processor, which alone says something on a busy
machine; ratios of the latter to ours; and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 60
FEATURES = 5
NAMES = [f"c{number}" for number in range(FEATURES)]
ASKED, ROWS = "asked.parquet", "rows.parquet"


def ours(folder: Path) -> pl.DataFrame:
    """The join of training sets."""
    from ghosteam.features.as_of import as_of

    asked, rows = pl.read_parquet(folder / ASKED), pl.scan_parquet(folder / ROWS)
    return as_of(asked, rows, keys=["user"], values=NAMES)


def feast(folder: Path, offline_store: str = "dask") -> pl.DataFrame:
    """``get_historical_features`` of the file store."""
    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64

    (folder / "feature_store.yaml").write_text(
        f"project: peer\nprovider: local\nregistry: {folder}/registry.db\nonline_store: null\n"
        f"offline_store: {{type: {offline_store}}}\n"
        "entity_key_serialization_version: 3\n"
    )
    store = FeatureStore(repo_path=str(folder))
    user = Entity(name="user", join_keys=["user"], value_type=ValueType.INT64)
    source = FileSource(path=str(folder / ROWS), timestamp_field="event_timestamp")
    schema = [Field(name=name, dtype=Float64) for name in NAMES]
    view = FeatureView(name="view", entities=[user], ttl=timedelta(0), schema=schema, source=source)
    store.apply([user, view])
    frame = pd.read_parquet(folder / ASKED).rename(columns={"event_time": "event_timestamp"})
    found = store.get_historical_features(
        entity_df=frame, features=[f"view:{name}" for name in NAMES]
    ).to_df()
    return pl.from_pandas(found).rename({"event_timestamp": "event_time"})


def feast_on_duckdb(folder: Path) -> pl.DataFrame:
    """The same of Feast's DuckDB store, which wants the package ``ibis-framework[duckdb]``."""
    return feast(folder, "duckdb")


def duckdb(folder: Path) -> pl.DataFrame:
    """``ASOF LEFT JOIN``."""
    import duckdb as engine

    columns = ", ".join(f"r.{name}" for name in NAMES)
    query = (
        f"SELECT a.*, {columns} FROM '{folder / ASKED}' a ASOF LEFT JOIN '{folder / ROWS}' r "
        "ON a.user = r.user AND a.event_time >= r.event_timestamp"
    )
    return pl.DataFrame(engine.connect().sql(query).to_arrow_table())


CONTENDERS = {"ours": ours, "Feast": feast, "Feast-DuckDB": feast_on_duckdb, "DuckDB": duckdb}
DEFAULT = ["ours", "Feast", "DuckDB"]


def write_files(folder: Path, labels: int, rows: int) -> None:
    """Events of users, and rows that were known of them at some times."""
    random = np.random.default_rng(1)
    users = max(labels // 10, 1)

    def times(count: int) -> pl.Series:
        seconds = random.integers(0, DAYS * 86_400, count)
        return pl.Series(seconds * 1_000_000 + int(START.timestamp()) * 1_000_000).cast(
            pl.Datetime("us", "UTC")
        )

    asked = pl.DataFrame(
        {
            "number": np.arange(labels),
            "user": random.integers(0, users, labels),
            "event_time": times(labels),
        }
    )
    asked.write_parquet(folder / ASKED)
    known = pl.DataFrame(
        {
            "user": random.integers(0, users, rows),
            "event_timestamp": times(rows),
            **{name: random.normal(size=rows) for name in NAMES},
        }
    )
    # Which of two rows of one time is taken, is said by none but ours.
    known.unique(["user", "event_timestamp"]).write_parquet(folder / ROWS)


def run(name: str, folder: Path) -> None:
    """One contender; prints its seconds and peak memory."""
    CONTENDERS[name](_warm(folder))
    began, used = time.perf_counter(), time.process_time()
    found = CONTENDERS[name](folder)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    found.sort("number").select("number", *NAMES).write_parquet(folder / f"{name}.answer")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": peak}))


def _warm(folder: Path) -> Path:
    """Files of a few rows, so that imports are done before the clock starts."""
    few = folder / f"few-{os.getpid()}"
    few.mkdir()
    write_files(few, 20, 100)
    return few


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=DEFAULT)
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, options.labels, options.rows)
        measured: dict[str, list[dict[str, float]]] = {one: [] for one in options.only}
        for _ in range(options.rounds):
            for one, found in measured.items():
                told = subprocess.run(
                    [sys.executable, __file__, "--run", one, "--folder", name],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
                found.append(json.loads(told.strip().splitlines()[-1]))
        answers = {one: pl.read_parquet(folder / f"{one}.answer") for one in measured}
        right = answers["ours"]
        for one, answer in answers.items():
            if not right.join(answer, on="number", how="semi", maintain_order="left").equals(
                answer
            ):
                raise AssertionError(f"{one} answers otherwise")
    mine = median(one["processor"] for one in measured["ours"])
    print(f"{'':12} {'seconds':>9} {'processor':>10} {'ratio':>7} {'MB':>7} {'events lost':>12}")
    for one, found in measured.items():
        seconds, used = (median(each[of] for each in found) for of in ("seconds", "processor"))
        peak = max(each["megabytes"] for each in found)
        lost = right.height - answers[one].height
        print(f"{one:12} {seconds:9.2f} {used:10.2f} {used / mine:7.1f} {peak:7.0f} {lost:12}")


if __name__ == "__main__":
    main()
