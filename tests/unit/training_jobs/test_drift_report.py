from __future__ import annotations

import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import polars as pl
import pytest
from moto import mock_aws

from ghosteam.errors import Defect, InvalidInput
from tests.learning_builders import START, problem, rows
from training_jobs.drift_report import DRIFT_SHARE, MAX_ROWS, label, main, write_report

LABEL = label(
    "trains", START, START + timedelta(hours=1), version="3", first="wind", environment="prod"
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the report asked for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def test_the_report_is_one_page_of_the_problems_features(tmp_path: Path) -> None:
    current = rows(300, seed=5).with_columns(wind=pl.col("wind") + 2)
    summary = write_report(tmp_path, problem(), rows(MAX_ROWS + 500), current, label=LABEL)
    assert summary["reference_rows"] == MAX_ROWS
    assert summary["current_rows"] == 300
    assert summary["features"] == ["line", "wind"]
    page = (tmp_path / "evidently.html").read_text()
    assert "wind" in page and "<html" in page.lower()
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_a_feature_without_values_is_left_out_and_named(tmp_path: Path) -> None:
    empty = rows(300).with_columns(wind=pl.lit(None, pl.Float64))
    summary = write_report(tmp_path, problem(), rows(400), empty, label=LABEL)
    assert summary["left_out"] == ["wind"]


def test_the_page_says_by_whose_rule_it_is_and_what_ghosteam_found(tmp_path: Path) -> None:
    write_report(tmp_path, problem(), rows(400), rows(300, seed=5), label=LABEL)
    page = (tmp_path / "evidently.html").read_text()
    assert page.index("<body>") < page.index(LABEL) < page.index('<div id="root')
    assert "Evidently's report, by Evidently's rule" in LABEL
    assert "at least 50% of the columns" in LABEL and DRIFT_SHARE == 0.5
    assert "This is not Ghosteam's verdict" in LABEL
    assert "model version 3: sustained drift, of wind before all" in LABEL
    end = f"{START + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert f"./ghosteam report drift trains --window {end} --environment prod" in LABEL


def test_a_name_cannot_run_in_the_readers_browser() -> None:
    more = {"version": "3", "environment": "prod"}
    assert "<script>" not in label("trains", START, START, first="<script>", **more)


def log_line(number: int, row: dict[str, object]) -> str:
    """A record of the prediction log, as the predict function writes it."""
    record = {
        "record_type": "prediction",
        "version": 1,
        "problem": "trains",
        "prediction_id": f"p{number}",
        "entity": {"number": number},
        "event_time": row["event_time"].isoformat(),  # type: ignore[attr-defined]
        "made_at": datetime.now(UTC).isoformat(),
        "model_version": "1",
        "slot": "champion",
        "endpoint": "e",
        "outputs": {"late": 0.5},
        "features": {"line": row["line"], "wind": row["wind"]},
        "freshness_seconds": {},
        "call_id": "c",
        "latency_ms": 5.0,
    }
    return json.dumps(record)


def arguments(begin: datetime, end: datetime, *, digest: str) -> list[str]:
    return [
        *(
            "--problem",
            "trains",
            "--window-start",
            begin.isoformat(),
            "--window-end",
            end.isoformat(),
        ),
        *(
            "--log-uri",
            "s3://lake/predictions/",
            "--reference-uri",
            "s3://artifacts/set/train.parquet",
        ),
        *("--reference-digest", digest, "--model-version", "1", "--first-feature", "wind"),
        *("--environment", "local"),
    ]


@mock_aws
def test_the_job_reports_only_the_windows_predictions_whenever_they_arrived(
    deployed: None, tmp_path: Path
) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    for bucket in ("lake", "artifacts"):
        client.create_bucket(Bucket=bucket)
    reference = io.BytesIO()
    rows(500).write_parquet(reference)
    client.put_object(Bucket="artifacts", Key="set/train.parquet", Body=reference.getvalue())
    lines = [log_line(i, row) for i, row in enumerate(rows(120, seed=3).to_dicts())]
    arrival = datetime.now(UTC).strftime("%Y/%m/%d/%H")
    client.put_object(
        Bucket="lake",
        Key=f"predictions/{arrival}/a.gz",
        Body=gzip.compress("\n".join(lines).encode()),
    )
    digest = hashlib.sha256(reference.getvalue()).hexdigest()
    with pytest.raises(Defect, match="changed after it was put on record"):
        main(tmp_path, arguments(START, START + timedelta(hours=1), digest="0" * 64))
    main(tmp_path, arguments(START, START + timedelta(hours=1), digest=digest))
    report = tmp_path / "processing" / "output" / "report"
    assert json.loads((report / "summary.json").read_text())["current_rows"] == 60
    assert (report / "evidently.html").is_file()
    with pytest.raises(InvalidInput, match="no predictions"):
        main(
            tmp_path, arguments(START + timedelta(days=1), START + timedelta(days=2), digest=digest)
        )


def test_a_value_from_the_api_cannot_run_in_the_readers_browser(tmp_path: Path) -> None:
    attack = "</script><script>alert('x')</script>"
    current = rows(300, seed=5).with_columns(line=pl.lit(attack))
    write_report(tmp_path, problem(), rows(400), current, label=LABEL)
    page = (tmp_path / "evidently.html").read_text()
    assert attack not in page
    assert "<script>alert(" not in page
    assert "&lt;/script&gt;" in page
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert "default-src 'none'" in page and "connect-src" not in page
