"""Of many problems, only those are read that are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghosteam.errors import InvalidInput
from ghosteam.problem.folders import Folders
from ghosteam.problem.load import find_problem
from tests.many import Features, write_problems


def test_a_problem_is_read_when_it_is_asked_for_and_once(tmp_path: Path) -> None:
    write_problems(tmp_path, problems=3, features=Features(2))
    (tmp_path / "problem_001" / "problem.yaml").write_text("not: a problem\n")
    found = Folders(tmp_path, environment="dev")
    assert list(found) == ["problem_000", "problem_001", "problem_002"]
    assert "problem_001" in found and "problem_003" not in found
    assert found["problem_000"].problem == "problem_000"
    assert find_problem(found, "problem_000") is found["problem_000"]
    with pytest.raises(InvalidInput, match="Field required"):
        found["problem_001"]


def test_a_folder_that_is_none_of_the_repository_is_not_read(tmp_path: Path) -> None:
    write_problems(tmp_path / "repository", problems=1, features=Features(2))
    write_problems(tmp_path, problems=1, features=Features(2))
    found = Folders(tmp_path / "repository")
    for name in ("../problem_000", "problem_001", ""):
        assert name not in found
        with pytest.raises(KeyError):
            found[name]
