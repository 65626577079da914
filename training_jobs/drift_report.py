"""Processing job: an HTML report by Evidently of what a window of predictions looked like against the training data."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import polars as pl

from ghosteam.aws.objects import Objects, parse_uri
from ghosteam.errors import InvalidInput
from ghosteam.monitoring.prediction_log import read_log
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import deployed_problems

MAX_ROWS = 20_000
_ARRIVES_EARLY = timedelta(days=1)  # a prediction may be asked for, and logged, before its event time


def main(base: Path, arguments: Sequence[str]) -> None:
    """Writes ``index.html`` and ``summary.json`` to the output ``report``.

    Raises:
        InvalidInput: the window holds no predictions.
    """
    options = _options(arguments)
    problem = find_problem(deployed_problems(), options.problem)
    begin, end = (datetime.fromisoformat(text).astimezone(UTC) for text in (options.window_start, options.window_end))
    client = boto3.client("s3")
    lake = Objects(client, parse_uri(options.log_uri)[0])
    log = read_log(
        lake,
        problem=problem,
        since_arrival=begin - _ARRIVES_EARLY,
        until_arrival=datetime.now(UTC),
        event_window=(begin, end),
    )
    if log.predictions.is_empty():
        raise InvalidInput(
            "The window holds no predictions",
            where={"problem": problem.problem, "from": begin.isoformat(), "to": end.isoformat()},
            remedy="Choose a window in which the API was asked",
        )
    bucket, key = parse_uri(options.reference_uri)
    reference = pl.read_parquet(BytesIO(Objects(client, bucket).get(key)))
    summary = write_report(base / "processing" / "output" / "report", problem, reference, log.predictions)
    print(json.dumps(summary), flush=True)


def write_report(folder: Path, problem: Problem, reference: pl.DataFrame, current: pl.DataFrame) -> dict[str, Any]:
    """Compare the problem's features in two frames (at most 20,000 rows of each, drawn with a fixed seed)."""
    os.environ["DO_NOT_TRACK"] = "1"  # before the import: Evidently would report its use over the network
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    categorical = [name for name in problem.categorical_features if _has_values(name, reference, current)]
    numeric = [
        name
        for name in problem.feature_names
        if name not in problem.categorical_features and _has_values(name, reference, current)
    ]
    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    samples = [_sample(frame.select(*categorical, *numeric), categorical) for frame in (reference, current)]
    datasets = [Dataset.from_pandas(sample.to_pandas(), data_definition=definition) for sample in samples]
    snapshot = Report([DataDriftPreset()]).run(current_data=datasets[1], reference_data=datasets[0])
    folder.mkdir(parents=True, exist_ok=True)
    snapshot.save_html(str(folder / "index.html"))
    summary = {
        "problem": problem.problem,
        "reference_rows": samples[0].height,
        "current_rows": samples[1].height,
        "features": [*categorical, *numeric],
        "left_out": [name for name in problem.feature_names if name not in (*categorical, *numeric)],
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return summary


def _has_values(name: str, *frames: pl.DataFrame) -> bool:
    """Evidently fails on a column without any value."""
    return all(frame.get_column(name).drop_nulls().len() for frame in frames)


def _sample(frame: pl.DataFrame, categorical: Sequence[str]) -> pl.DataFrame:
    drawn = frame.sample(MAX_ROWS, seed=0) if frame.height > MAX_ROWS else frame
    return drawn.with_columns(pl.exclude(categorical).cast(pl.Float64))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drift_report", description=__doc__)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--window-start", required=True, help="begin of the window of event times, ISO-8601")
    parser.add_argument("--window-end", required=True, help="its end, exclusive")
    parser.add_argument("--log-uri", required=True, help="s3:// address of the prediction log")
    parser.add_argument("--reference-uri", required=True, help="s3:// address of the training set's train.parquet")
    return parser.parse_args(arguments)
