"""Which columns of a file tell when a prediction is asked, and which files are too wide."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ghosteam.errors import InvalidInput
from tests.unit.cli.init.test_make import assert_all_rows_are_let_in, made_in


def test_what_is_predicted_does_not_tell_when_that_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "cars.csv"
    years = [1960 + number % 50 for number in range(400)]
    doors = [2 + number % 3 for number in range(400)]
    pl.DataFrame(
        {
            "year": years,
            "doors": doors,
            "weight": [900 + (number * 7) % 90 for number in range(400)],
        }
    ).write_csv(file)
    made = made_in(tmp_path / "repo" / "cars", [file], "year")
    assert not made.guess.time.timed
    assert made_in(tmp_path / "repo" / "cars", [file], "doors").guess.time.columns == ("year",)
    with pytest.raises(InvalidInput, match="'year' is to be predicted"):
        made_in(tmp_path / "repo" / "cars", [file], "year", time="year")


def test_years_of_long_ago_are_times_too(tmp_path: Path) -> None:
    file = tmp_path / "seas.csv"
    years = [1751 + number % 260 for number in range(520)]
    levels = [(number * 37) % 101 / 10 for number in range(520)]
    place = ["north", "south"] * 260
    pl.DataFrame({"year": years, "level": levels, "place": place}).write_csv(file)
    folder = tmp_path / "repo" / "seas"
    made = made_in(folder, [file], "level")
    assert made.problem.event_time == "date(year)"
    assert made.problem.events.columns["year"].min == 1700
    assert_all_rows_are_let_in(folder, [file])


def test_more_columns_than_a_problem_has_are_refused_before_they_are_looked_through(
    tmp_path: Path,
) -> None:
    file = tmp_path / "genes.csv"
    file.write_text(",".join(f"g{n}" for n in range(2001)) + "\n" + ",".join(["1"] * 2001) + "\n")
    with pytest.raises(InvalidInput, match="2,001 columns, more than the 2,000") as caught:
        made_in(tmp_path / "repo" / "genes", [file], "g7")
    assert caught.value.where == {"file": "genes.csv"}
