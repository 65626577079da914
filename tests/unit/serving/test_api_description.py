"""The API describes few problems together and many one by one, and reads none before it must."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ghosteam.errors import NotFound
from ghosteam.problem import folders
from ghosteam.problem.folders import Folders
from ghosteam.steps.api_description import MOST_TOGETHER, Description
from ghosteam.steps.prediction_api import create_app
from tests.many import Features, write_problems


def folders_of(tmp_path: Path, problems: int) -> Folders:
    write_problems(tmp_path, problems=problems, features=Features(3))
    return Folders(tmp_path, environment="dev")


def test_few_problems_are_described_together(tmp_path: Path) -> None:
    document = Description(folders_of(tmp_path, MOST_TOGETHER)).document(None)
    assert len(document["paths"]) == 3 * MOST_TOGETHER


def test_of_many_problems_each_has_a_description_and_all_are_listed(tmp_path: Path) -> None:
    description = Description(folders_of(tmp_path, MOST_TOGETHER + 1))
    listed = description.document(None)
    assert listed["paths"] == {}
    for number in range(MOST_TOGETHER + 1):
        assert f"(/docs?problem=problem_{number:03d})" in listed["info"]["description"]
    one = description.document("problem_010")
    assert [path.split("/")[2] for path in one["paths"]] == ["problem_010"] * 3
    assert (
        "/openapi.json?problem=problem_010" in bytes(description.page("problem_010").body).decode()
    )


@pytest.mark.parametrize("name", ["problem_011", '"><script>', ""])
def test_a_problem_that_is_not_there_is_not_described(tmp_path: Path, name: str) -> None:
    description = Description(folders_of(tmp_path, 1))
    for ask in (description.document, description.page):
        with pytest.raises(NotFound):
            ask(name)


def test_the_description_of_200_features_is_far_below_lambdas_answer(tmp_path: Path) -> None:
    write_problems(tmp_path, problems=MOST_TOGETHER, features=Features(200))
    described = Description(Folders(tmp_path)).document(None)
    assert len(json.dumps(described)) < 2_000_000 < 6_000_000


def test_making_the_application_reads_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = folders_of(tmp_path, 2)

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a problem is read")

    monkeypatch.setattr(folders, "load_problem", forbidden)
    create_app(found, forbidden)  # type: ignore[arg-type]
