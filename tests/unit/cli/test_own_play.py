"""The demo of a file of one's own: its folder is written once, and checked before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.app import app
from cli.demo import own_play
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import FILE_NAME
from tests.builders import csv_bytes


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(own_play, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = (
        {"customer": i, "plan": "ab"[i % 2], "age": 20 + i * 7 % 50, "left": int(i % 3 == 0)}
        for i in range(400)
    )
    path = tmp_path / "Our Customers.csv"
    path.write_bytes(csv_bytes(rows))
    return path


def prepared(data: Path, target: str | None = None) -> tuple[bool, str]:
    console = Console(record=True, width=200)
    good = own_play.prepare("customers", [data], target=target, time=None, console=console)
    return good, console.export_text()


def test_the_folder_is_written_and_then_used_as_it_is(root: Path, data: Path) -> None:
    good, told = prepared(data, target="left")
    assert good, told
    written = root / "feature_repo" / "customers" / FILE_NAME
    text = written.read_text() + "# corrected by hand\n"
    written.write_text(text)
    good, told = prepared(data)
    assert good and "is used as it is" in told and written.read_text() == text


def test_without_a_target_and_a_folder_nothing_is_written(root: Path, data: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        prepared(data)
    assert "--target" in caught.value.remedy and not (root / "feature_repo").exists()


def test_a_folder_that_is_wrong_is_told_of_before_anything_runs(root: Path, data: Path) -> None:
    prepared(data, target="left")
    written = root / "feature_repo" / "customers" / FILE_NAME
    written.write_text(written.read_text().replace("task: binary", "task: bnary"))
    good, told = prepared(data)
    assert not good and "bnary" in told


@pytest.mark.parametrize(
    ("file", "name"),
    [("Our Customers.csv", "our_customers"), ("2024.csv.gz", "mine"), ("a.b.parquet", "a")],
)
def test_a_problem_is_called_as_its_first_file(file: str, name: str) -> None:
    assert own_play.name_of(Path(file)) == name


def test_an_unknown_demo_says_which_there_are() -> None:
    answer = CliRunner().invoke(app, ["demo", "--problem", "nothing"])
    assert answer.exit_code == 2
    assert "flights" in answer.output and "--data" in answer.output
