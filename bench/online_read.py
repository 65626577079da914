"""Online reads beside Feast's own DynamoDB store, both in one embedded account, in turns.

    .ghosteam/env/boot/bin/uv pip install --target FOLDER aiobotocore
    .ghosteam/env/dev/bin/python bench/online_read.py --packages FOLDER [--rounds 60]

The same values stand in both stores, and each answer is compared. Ten views are read as those of
ten data sets, and as ten windows that share rows. Feast needs aiobotocore, which nothing here does;
its ``precompute_online`` makes rows in Redis alone (0.67: other stores cannot be scanned), and has
no column. Printed are medians of milliseconds, and their ratios.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import boto3
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast import ValueType as Kind
from feast.types import Float64

from ghosteam.aws.batch_reads import BatchReads
from ghosteam.features.codec import StoredRow
from ghosteam.features.online import OnlineView
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online, write_online
from local import supervisor
from tests.online import create_online_table

WIDTH = 20
KEYS = 300
WARM = 3
NOW = datetime(2024, 6, 1, tzinfo=UTC)
PREFIX = "bench"
LATER = NOW + timedelta(hours=1)
Rows = list[list[Any]]

HEAD = """
version: 1
problem: {name}{views}
task: binary
entities: {{user: [user]}}
event_time: at
target: {{name: left, expr: gone, known_at: event_time + 1d}}
datasets:
  visits:
    role: events
    id: [user, at]
    columns: {{user: integer, at: timestamp, gone: {{type: boolean, nullable: true}}}}
"""
DATASET = """  view{number}:
    key: [user]
    static: true
    columns:
      user: integer
"""


def problem_of(views: int) -> Problem:
    """A problem that joins ``views`` static data sets of ``WIDTH`` columns."""
    text, joined = HEAD.format(name="reads", views=views), []
    for number in range(views):
        text += DATASET.format(number=number)
        for column in range(WIDTH):
            text += f"      c{column}: {{type: number, nullable: true}}\n"
            joined.append(f"view{number}.c{column}")
    text += f"features: {{join: [{', '.join(joined)}]}}\n"
    text += "holdout: 7d\npromote: {metric: roc_auc, at_least: 0.5}\n"
    return parse_problem(text, file="problem.yaml")


def problem_of_windows(views: int) -> Problem:
    """One with so many windows of ``WIDTH`` lengths each, which share online rows."""
    text = HEAD.format(name="counts", views=views)
    text += "features:\n  windows_online: together\n  windows:\n"
    over = ", ".join(f"{days}d" for days in range(1, WIDTH + 1))
    for number in range(views):
        text += f"    - {{name: view{number}, by: [user], count: rows, over: [{over}]}}\n"
    text += "holdout: 7d\npromote: {metric: roc_auc, at_least: 0.5}\n"
    return parse_problem(text, file="problem.yaml")


def values_of(views: int) -> np.ndarray:
    """The values of each key, ``(KEYS, views * WIDTH)``."""
    return np.random.default_rng(views).normal(size=(KEYS, views * WIDTH))


class Ours:
    """The store as the prediction API reads it."""

    def __init__(self, problem: Problem, views: int, client: Any) -> None:
        self.problem, self.reads = problem, BatchReads(client)
        values, done = values_of(views), 0
        for view in views_of(problem):
            columns = slice(done, done := done + len(view.names))
            rows = []
            for user in range(KEYS):
                key = view.key_of({"user": user}, LATER)
                assert key
                told = dict(zip(view.names, map(float, values[user, columns]), strict=True))
                rows.append((key, StoredRow(told, NOW)))
            write_online(client, OnlineView.of(PREFIX, problem.problem, view), rows)

    def read(self, keys: Sequence[int]) -> Rows:
        """Features of each key."""
        asked = [{"user": key, "at": NOW} for key in keys]
        times = [LATER] * len(asked)
        found = read_online(self.reads, self.problem, PREFIX, asked, times, now=LATER)
        return [list(row.features.values()) for row in found]


class Theirs:
    """Feast's DynamoDB store, as its quick start has it."""

    def __init__(self, views: int, endpoint: str, folder: Path) -> None:
        (folder / "feature_store.yaml").write_text(
            f"project: peer{views}\nprovider: local\nregistry: {folder}/registry.db\n"
            f"online_store: {{type: dynamodb, region: us-east-1, endpoint_url: {endpoint}}}\n"
            "entity_key_serialization_version: 3\n"
        )
        self.store = FeatureStore(repo_path=str(folder))
        user = Entity(name="user", join_keys=["user"], value_type=Kind.INT64)
        values, self.views = values_of(views), []
        for number in range(views):
            part = values[:, number * WIDTH : (number + 1) * WIDTH]
            frame = pd.DataFrame(part, columns=[f"c{column}" for column in range(WIDTH)])
            frame["user"], frame["event_timestamp"] = range(KEYS), pd.Timestamp(NOW)
            path = folder / f"view{number}.parquet"
            frame.to_parquet(path)
            self.views.append(
                FeatureView(
                    name=f"view{number}",
                    entities=[user],
                    ttl=timedelta(0),
                    schema=[Field(name=f"c{column}", dtype=Float64) for column in range(WIDTH)],
                    source=FileSource(path=str(path), timestamp_field="event_timestamp"),
                )
            )
        self.store.apply([user, *self.views])
        self.store.materialize(NOW - timedelta(days=1), NOW + timedelta(days=1))
        self.names = [f"{view.name}:c{column}" for view in self.views for column in range(WIDTH)]

    def read(self, keys: Sequence[int]) -> Rows:
        """Features of each key."""
        asked = [{"user": key} for key in keys]
        found = self.store.get_online_features(
            features=self.names, entity_rows=asked, full_feature_names=True
        ).to_dict()
        named = [found[name.replace(":", "__")] for name in self.names]
        return [[values[row] for values in named] for row in range(len(keys))]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--packages", help="the folder into which it was installed")
    options = parser.parse_args()
    rounds = options.rounds
    if options.packages:
        sys.path.append(options.packages)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        account = supervisor.up(folder / "account", port=0, with_mlflow=False)
        try:
            os.environ.update(account.environment)
            client = boto3.client("dynamodb")
            create_online_table(client, PREFIX)
            print(
                f"{'':20}{'features':>8} {'views':>6} {'keys':>5}"
                f" {'ours ms':>9} {'Feast ms':>9} {'ratio':>6}"
            )
            for views in (1, 10):
                (folder / str(views)).mkdir()
                theirs = Theirs(views, account.endpoint, folder / str(views))
                stores = {"": Ours(problem_of(views), views, client)}
                if views > 1:
                    shared = problem_of_windows(views)
                    stores["windows, in one row"] = Ours(shared, views, client)
                for (name, ours), keys in product(stores.items(), (1, 100)):
                    print(f"{name:20}" + _line(ours, theirs, views, keys, rounds), flush=True)
        finally:
            supervisor.down(folder / "account")


def _line(ours: Ours, theirs: Theirs, views: int, keys: int, rounds: int) -> str:
    random = np.random.default_rng(1)
    times: tuple[list[float], list[float]] = [], []
    for turn in range(rounds + WARM):
        asked = [int(key) for key in random.choice(KEYS, keys, replace=False)]
        answers = []
        stores: tuple[Ours | Theirs, ...] = (ours, theirs)
        for store, taken in zip(stores, times, strict=True):
            began = time.perf_counter()
            answers.append(store.read(asked))
            taken += [(time.perf_counter() - began) * 1000] if turn >= WARM else []
        if answers[0] != answers[1]:
            raise AssertionError(f"the stores answer otherwise: {answers}"[:1000])
    mine, its = map(median, times)
    return f"{views * WIDTH:8} {views:6} {keys:5} {mine:9.1f} {its:9.1f} {its / mine:6.1f}"


if __name__ == "__main__":
    main()
