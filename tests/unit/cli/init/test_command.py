"""What the command writes, refuses, tells and remembers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from cli.files.remembered import kept_folder, remembered
from cli.init.command import init_problem
from ghosteam.errors import Conflict, InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "feature_repo").mkdir()
    (tmp_path / "a.csv").write_text("x,y\n" + "\n".join(f"{n % 7},{n % 2}" for n in range(50)))
    return tmp_path


def run(
    root: Path,
    name: str = "mine",
    target: str = "y",
    *,
    files: list[Path] | None = None,
    force: bool = False,
) -> str:
    console = Console(record=True, width=200)
    init_problem(
        root,
        name,
        files or [root / "a.csv"],
        target=target,
        time=None,
        task=None,
        first=None,
        force=force,
        now=NOW,
        console=console,
    )
    return console.export_text()


def test_a_folder_is_not_overwritten_unless_that_is_said(root: Path) -> None:
    run(root)
    path = root / "feature_repo" / "mine" / "problem.yaml"
    path.write_text("mine")
    with pytest.raises(Conflict, match="already"):
        run(root)
    assert path.read_text() == "mine"
    run(root, force=True)
    assert path.read_text() != "mine"


def test_files_that_are_not_used_are_not_remembered(root: Path) -> None:
    data = root / "data"
    data.mkdir()
    (data / "a.csv").write_text((root / "a.csv").read_text())
    run(root, files=[root / "a.csv", data])
    assert remembered(kept_folder(root, "mine")) == [root / "a.csv", data]
    (data / "b.csv").write_text("z\n1\n2\n")
    run(root, "other", files=[data])
    assert remembered(kept_folder(root, "other")) == [data / "a.csv"]


@pytest.mark.parametrize("name", ["My Problem", "1st", "ü", "x" * 40, "../x"])
def test_a_name_that_no_problem_can_have_is_refused(root: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot name a problem"):
        run(root, name)


def test_a_target_that_is_not_there_is_refused_with_those_that_are_near(root: Path) -> None:
    with pytest.raises(InvalidInput, match="no column 'yy'") as refused:
        run(root, target="yy")
    assert "Did you mean y?" in refused.value.remedy
    assert not (root / "feature_repo" / "mine").exists()


def test_it_says_what_was_guessed_how_sure_and_what_comes_next(root: Path) -> None:
    told = run(root)
    assert "comes or does not come" in told and "how sure" in told
    assert "are too few" in told
    assert "Next: ./ghosteam check mine" in told
