"""What plain ``cdk`` runs: a mistake is one block of lines and never a traceback."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from ghosteam.problem.load import InvalidProblems
from ghosteam.serving.scopes import server_of
from infra import application
from infra.application import check_problems
from infra.constructs.clients import too_many
from infra.settings import ROOT
from tests.many import Features, specification


def test_a_contract_that_cannot_be_loaded_is_found_before_anything_is_deployed(
    tmp_path: Path,
) -> None:
    shutil.copytree(
        ROOT / "feature_repo" / "flights",
        tmp_path / "flights",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    check_problems("local", feature_repo=tmp_path)
    (tmp_path / "flights" / "contract.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(InvalidProblems) as caught:
        check_problems("local", feature_repo=tmp_path)
    assert "nothing_of_that_name" in caught.value.block


def test_more_problems_than_one_user_pool_takes_are_a_line(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(2000) if server_of(f"p{number}") == "ghosteam-0"]
    assert too_many(names[:50]) is None
    for name in names[:51]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "problem.yaml").write_text(specification(name, Features(1)))
    with pytest.raises(InvalidProblems) as caught:
        check_problems("local", feature_repo=tmp_path)
    (heading, line) = caught.value.block.splitlines()
    assert heading == "✗ 1 fault in the problems:"
    assert (
        "There are 51 problems, and 51 of them share the resource server ghosteam-0" in line
        and "Deploy some of them as another environment" in line
    )


def test_the_app_ends_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flights").mkdir()
    (tmp_path / "flights" / "problem.yaml").write_text(
        "version: 1\nproblem: flights\ntask: binary\n"
    )
    check = application.check_problems
    monkeypatch.setattr(
        application, "check_problems", lambda environment: check(environment, feature_repo=tmp_path)
    )
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    heading, *lines = str(ended.value.code).splitlines()
    assert heading.endswith("faults in the problems:") and len(lines) >= 4
    assert all(
        line.startswith("  flights/problem.yaml:1 ") and line.endswith(". Add the field")
        for line in lines
    )


def test_a_layer_that_is_not_built_is_a_line_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("The layer 'core' is not built; run: ./ghosteam build --target aws")

    monkeypatch.setattr(application, "add_stacks", missing)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    assert ended.value.code == "✗ The layer 'core' is not built; run: ./ghosteam build --target aws"
