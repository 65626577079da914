"""Processing job: an HTML report by Evidently of what a window of predictions looked like against
the training data. It judges by a rule of its own, and its page says so.
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
from ghosteam.monitoring.prediction_log import OneAnEvent
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import deployed_problems
from ghosteam.steps.prediction_log import read_events

MAX_ROWS = 20_000
DRIFT_SHARE = 0.5
"""Of the columns: from here on Evidently says that the data set drifted."""
PAGE = "evidently.html"
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src "
    "'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
_LABEL_STYLE = (
    "margin: 16px 24px; padding: 12px 16px; border-left: 6px solid #b35c00; background: #fff4e0; "
    "color: #222; font: 16px/1.5 sans-serif"
)


def main(base: Path, arguments: Sequence[str]) -> None:
    """Writes ``evidently.html`` and ``summary.json`` to the output ``report``.

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
    log = read_events(
        lake,
        problem=problem,
        begin=begin,
        end=end,
        parts=("event", "features"),
        one=OneAnEvent(problem.event_id, options.model_version),
    )
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
        label=label(
            problem.problem,
            begin,
            end,
            version=options.model_version,
            first=options.first_feature,
            environment=options.environment,
        ),
    )
    print(json.dumps(summary), flush=True)


def write_report(
    folder: Path, problem: Problem, reference: pl.DataFrame, current: pl.DataFrame, *, label: str
) -> dict[str, object]:
    """Compare the problem's features in two frames (at most 20,000 rows of each, drawn with a fixed
    seed). ``label``: HTML that stands above what Evidently wrote.
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
    snapshot = Report([DataDriftPreset(drift_share=DRIFT_SHARE)]).run(
        current_data=datasets[1], reference_data=datasets[0]
    )
    page = _after("<body>", label, with_policy(snapshot.get_html_str(as_iframe=False)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(page, encoding="utf-8")
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


def label(
    problem: str, begin: datetime, end: datetime, *, version: str, first: str, environment: str
) -> str:
    """Whose rule made the page, that Ghosteam's verdict is another thing, what that was, and where
    it is. ``version``: of the model whose drift was sustained, by ``first`` before all.
    """
    window = f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    verdict = (
        f"Ghosteam's verdict on {problem}, {window}, model version {version}: sustained drift, "
        f"of {first} before all."
    )
    command = (
        f"./ghosteam report drift {problem} --window {end:%Y-%m-%dT%H:%M:%SZ} "
        f"--environment {environment}"
    )
    return (
        f'<section role="note" style="{_LABEL_STYLE}">'
        f"<strong>Evidently's report, by Evidently's rule.</strong> It compares each column by "
        "itself, with a test that it chooses by the column's type and the number of rows, and says "
        f"that the data set drifted when at least {DRIFT_SHARE:.0%} of the columns did. It does "
        "not know how much the data move by themselves, nor which columns the model uses. "
        "<strong>This is not Ghosteam's verdict, and may say something else.</strong>"
        f"<br>{html.escape(verdict)} All of it, with its reasons: "
        f"<code>{html.escape(command)}</code></section>"
    )


def with_policy(page: str) -> str:
    """The page with a content security policy: it runs its own scripts, and neither fetches nor
    sends anything.

    Raises:
        Defect: the page has no head to put it into.
    """
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return _after("<head>", policy, page)


def _after(tag: str, what: str, page: str) -> str:
    before, found, after = page.partition(tag)
    if not found:
        raise Defect(f"The report has no {tag}", remedy="Use the pinned version of Evidently")
    return f"{before}{found}{what}{after}"


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
    parser.add_argument("--model-version", required=True, help="whose drift was sustained")
    parser.add_argument("--first-feature", required=True, help="what drifted before all")
    parser.add_argument("--environment", required=True, help="of this deployment, for commands")
    return parser.parse_args(arguments)
