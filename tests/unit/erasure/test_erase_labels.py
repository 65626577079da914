"""Rows of an entity go from a data set of labels, and others keep their outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ghosteam.problem.load import parse_problem
from tests.unit.erasure.world import ANN, BOB, World, visit

TOLD = ("patient", "at", "cost")


class Labelled(World):
    """What a visit cost is told by itself."""

    problem = parse_problem("""
version: 1
problem: visits
task: binary
entities: {patient: [patient]}
event_time: at
target: {name: costly, expr: cost > 50, known_at: at + 1h}
datasets:
  visits: {role: events, columns: {patient: string, at: timestamp, ward: string}}
  told: {role: labels, of: visits, columns: {patient: string, at: timestamp, cost: "number?"}}
features:
  request: [ward]
  windows:
    - {name: costly_2d, by: [ward], rate: costly, over: 2d, min_rows: 1}
    - {name: visits_2d, by: [patient], count: rows, over: 2d}
""")


@pytest.fixture
def labelled(tmp_path: Path, credentials: None) -> Iterator[Labelled]:
    with mock_aws():
        yield Labelled(tmp_path)


def told(patient: str, day: int, cost: float | None) -> tuple[Any, ...]:
    return patient, visit(patient, day)[1], cost


def test_labels_of_the_entity_go_and_what_others_are_told_stays(labelled: Labelled) -> None:
    visits = [visit(who, day)[:3] for who in (ANN, BOB) for day in (1, 2)]
    labelled.drop("visits/a.csv", visits, ("patient", "at", "ward"))
    labelled.drop("told/a.csv", [told(ANN, 1, 90.0), told(BOB, 1, 20.0), told(BOB, 2, 5.0)], TOLD)
    # Corrected, told of a visit that nobody has seen, and damaged.
    labelled.drop("told/b.jsonl", [told(BOB, 1, 95.0), told(ANN, 2, 80.0), told(ANN, 9, 1.0)], TOLD)
    labelled.put("told/bad.csv", f"patient,at,cost\n{ANN},noon,1\n{BOB},noon,1\n".encode())
    asked = [(BOB, "east", 2), (BOB, "east", 3)]
    assert [one["costly_2d"] for one in labelled.online(*asked)] == [1.0, 0.75]
    assert any("/told/" in place for place in labelled.found())

    labelled.erase_all()

    assert labelled.found() == []
    events = labelled.events()
    assert events["patient"].to_list() == [BOB, BOB]
    assert events["target"].to_list() == [1.0, 0.0]
    assert [one["costly_2d"] for one in labelled.online(*asked)] == [1.0, 0.5]
    assert labelled.found(BOB)
