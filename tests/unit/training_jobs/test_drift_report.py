from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.learning_builders import problem, rows
from training_jobs.drift_report import MAX_ROWS, write_report


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the report asked for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def test_the_report_is_one_page_of_the_problems_features(tmp_path: Path) -> None:
    current = rows(300, seed=5).with_columns(wind=pl.col("wind") + 2, score=pl.lit(0.5))
    summary = write_report(tmp_path, problem(), rows(MAX_ROWS + 500), current)
    assert summary["reference_rows"] == MAX_ROWS
    assert summary["current_rows"] == 300
    assert summary["features"] == ["line", "wind"]
    page = (tmp_path / "index.html").read_text()
    assert "wind" in page and "<html" in page.lower()
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_a_feature_without_values_is_left_out_and_named(tmp_path: Path) -> None:
    empty = rows(300).with_columns(wind=pl.lit(None, pl.Float64))
    assert write_report(tmp_path, problem(), rows(400), empty)["left_out"] == ["wind"]
