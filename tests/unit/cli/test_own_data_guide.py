"""The guide for one's own data, done as it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli.connection
from cli.app import app
from cli.connection import ROOT
from cli.demo.event_table import data_folder

GUIDE = (ROOT / "docs/guides/your-own-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ \./ghosteam (.*)\n([^`]*)```", GUIDE)
NAMED = set(re.findall(r"\./ghosteam (\w+)", GUIDE))


def words(text: str) -> str:
    return " ".join(text.split())


def test_each_line_of_the_examples_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feature_repo").mkdir()
    shutil.copy(data_folder("bokeh_sampledata") / "titanic_all.csv", tmp_path)
    monkeypatch.setattr(cli.connection, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for command, lines in EXAMPLES:
        arguments = [*command.split(), *(["--seconds", "0"] if "check" in command else [])]
        found = CliRunner().invoke(app, arguments)
        assert found.exit_code == 0, found.output
        for line in lines.splitlines():
            assert words(line) in words(found.output), line
    written = (tmp_path / "feature_repo/titanic/problem.yaml").read_text()
    assert "request: [class, age, sex]" in written
    again = CliRunner().invoke(app, EXAMPLES[0][0].split())
    assert again.exit_code == 1 and "--force" in again.output


def test_the_commands_of_the_guide_are_there() -> None:
    known = {
        command.name or command.callback.__name__  # type: ignore[union-attr]
        for command in app.registered_commands
    }
    assert {"init", "check", "explain", "drop", "wait", "predict"} <= NAMED
    assert NAMED - {"local"} <= known


def test_a_mistake_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feature_repo").mkdir()
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    monkeypatch.setattr(cli.connection, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    for command, said in (
        ("init mine --data rows.csv --target c", "There is no column 'c'"),
        ("init mine --data rows.csv more.csv --target b", "There is no such file"),
        ("init mine --target b", "There is no file to guess from"),
        ("check mine", "There is no problem.yaml"),
        ("explain mine", "There is no problem.yaml"),
        ("check mine --entity x", "names no event"),
    ):
        found = CliRunner().invoke(app, command.split())
        assert found.exit_code == 1 and said in words(found.output), (command, found.output)
