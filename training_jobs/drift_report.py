"""Processing job: an HTML report by Evidently of what a window of predictions looked like against
the training data.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import boto3
import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents.digests import check
from ghosteam.documents.keys import parse_uri
from ghosteam.errors import Defect, InvalidInput
from ghosteam.monitoring.log_frames import unnested
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import deployed_problems
from ghosteam.steps.prediction_log import read_events

MAX_ROWS = 20_000
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src "
    "'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)


def main(base: Path, arguments: Sequence[str]) -> None:
    """Writes ``index.html`` and ``summary.json`` to the output ``report``.

    Raises:
        InvalidInput: the window holds no predictions.
        Defect: the training set is not the one on record.
    """
    options = _options(arguments)
    problem = find_problem(deployed_problems(), options.problem)
    begin, end = (
        datetime.fromisoformat(text).astimezone(UTC)
        for text in (options.window_start, options.window_end)
    )
    client = boto3.client("s3")
    lake = Objects(client, parse_uri(options.log_uri)[0])
    log = read_events(lake, problem=problem, begin=begin, end=end, parts=("features",))
    if log.predictions.is_empty():
        raise InvalidInput(
            "The window holds no predictions",
            where={"problem": problem.problem, "from": begin.isoformat(), "to": end.isoformat()},
            remedy="Choose a window in which the API was asked",
        )
    bucket, key = parse_uri(options.reference_uri)
    rows = Objects(client, bucket).get(key)
    check(hashlib.sha256(rows).hexdigest(), options.reference_digest, key)
    reference = pl.read_parquet(BytesIO(rows))
    summary = write_report(
        base / "processing" / "output" / "report",
        problem,
        reference,
        unnested(log.predictions, "features"),
    )
    print(json.dumps(summary), flush=True)


def write_report(
    folder: Path, problem: Problem, reference: pl.DataFrame, current: pl.DataFrame
) -> dict[str, object]:
    """Compare the problem's features in two frames (at most 20,000 rows of each, drawn with a fixed
    seed).
    """
    os.environ["DO_NOT_TRACK"] = (
        "1"  # before the import: Evidently would report its use over the network
    )
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    shown = [name for name in problem.logged_features if _has_values(name, reference, current)]
    categorical = [name for name in shown if name in problem.text_features]
    numeric = [name for name in shown if name not in problem.text_features]
    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    samples = [
        _sample(frame.select(*categorical, *numeric), categorical) for frame in (reference, current)
    ]
    datasets = [
        Dataset.from_pandas(sample.to_pandas(), data_definition=definition) for sample in samples
    ]
    snapshot = Report([DataDriftPreset()]).run(current_data=datasets[1], reference_data=datasets[0])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(
        with_policy(snapshot.get_html_str(as_iframe=False)), encoding="utf-8"
    )
    summary = {
        "problem": problem.problem,
        "reference_rows": samples[0].height,
        "current_rows": samples[1].height,
        "features": [*categorical, *numeric],
        "left_out": [
            name for name in problem.feature_names if name not in (*categorical, *numeric)
        ],
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return summary


def with_policy(page: str) -> str:
    """The page with a content security policy: it runs its own scripts, and neither fetches nor
    sends anything.

    Raises:
        Defect: the page has no head to put it into.
    """
    before, head, after = page.partition("<head>")
    if not head:
        raise Defect("The report has no <head>", remedy="Use the pinned version of Evidently")
    return f'{before}{head}<meta http-equiv="Content-Security-Policy" content="{_POLICY}">{after}'


def _has_values(name: str, *frames: pl.DataFrame) -> bool:
    """Evidently fails on a column without any value."""
    return all(frame.get_column(name).drop_nulls().len() for frame in frames)


def _sample(frame: pl.DataFrame, categorical: Sequence[str]) -> pl.DataFrame:
    """Numbers as float64, and text with what HTML gives a meaning escaped: Evidently writes values
    into its page's scripts.
    """
    drawn = frame.sample(MAX_ROWS, seed=0) if frame.height > MAX_ROWS else frame
    texts = (
        pl.col(name).cast(pl.String).map_elements(html.escape, return_dtype=pl.String)
        for name in categorical
    )
    return drawn.with_columns(pl.exclude(categorical).cast(pl.Float64)).with_columns(*texts)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drift_report", description=__doc__)
    parser.add_argument("--problem", required=True)
    parser.add_argument(
        "--window-start", required=True, help="begin of the window of event times, ISO-8601"
    )
    parser.add_argument("--window-end", required=True, help="its end, exclusive")
    parser.add_argument("--log-uri", required=True, help="s3:// address of the prediction log")
    parser.add_argument(
        "--reference-uri", required=True, help="s3:// address of the training set's train.parquet"
    )
    parser.add_argument(
        "--reference-digest", required=True, help="its SHA-256 in hexadecimal digits"
    )
    return parser.parse_args(arguments)
