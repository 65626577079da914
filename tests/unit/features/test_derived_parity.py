"""Served values of derived features are judged where their inputs are known to be equal."""

from __future__ import annotations

import polars as pl

from ghosteam.documents.parity import FeatureParity
from ghosteam.features.derived_parity import not_judged
from ghosteam.features.parity import Compared
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.features.conftest import TRIPS


def trips(often: str = "line_late_2d > 0.4") -> Problem:
    return parse_problem(
        TRIPS.rstrip()
        + f"""
  derived:
    - {{name: rare, expr: NOT often}}
    - {{name: often, expr: "{often}"}}
    - {{name: long, expr: length(line) > 1}}
    - {{name: roomy, expr: buses.seats > 50}}
"""
    )


TRAINED = {
    "line_late_2d": [0.5, 0.5, 0.5, 0.5],
    "rare": [0.0] * 4,
    "often": [1.0] * 4,
    "long": [1.0] * 4,
    "roomy": [1.0] * 4,
}
# Equal; another input; an input that was not there; and one that is derived in another way.
SERVED = {
    "line_late_2d": [0.5, 0.1, None, 0.5],
    "rare": [0.0, 1.0, None, 0.0],
    "often": [1.0, 0.0, None, 0.0],
    "long": [1.0, 1.0, 0.0, 1.0],
    "roomy": [0.0] * 4,
}


def judged(champion: Problem | None = None) -> dict[str, FeatureParity]:
    compared = Compared(
        pl.DataFrame(TRAINED), pl.DataFrame(SERVED), skip={"long": pl.Series([True] + [False] * 3)}
    )
    skip = {**compared.skip, **not_judged(compared, trips(), champion)}
    found = Compared(compared.trained, compared.online, skip=skip)
    return {name: found.counted(name) for name in TRAINED}


def test_a_fault_of_an_input_is_counted_there_alone() -> None:
    found = judged()
    assert found["line_late_2d"] == FeatureParity(4, null_online=1, different=1)
    assert found["often"] == FeatureParity(2, different=1)
    assert found["rare"] == FeatureParity(2)


def test_what_follows_from_the_request_alone_is_judged_where_it_was_logged() -> None:
    assert judged()["long"] == FeatureParity(3, different=1)


def test_nothing_is_said_where_an_input_is_in_no_log() -> None:
    assert judged()["roomy"] == FeatureParity()


def test_what_another_definition_served_is_not_held_against_this_one() -> None:
    found = judged(trips(often="line_late_2d > 0.9"))
    assert found["often"] == found["rare"] == FeatureParity()
    assert found["long"] == FeatureParity(3, different=1)
    assert judged(parse_problem(TRIPS))["long"] == FeatureParity()
    assert judged(trips())["often"] == FeatureParity(2, different=1)
