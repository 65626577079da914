"""Which columns tell when a prediction is asked, what the user says of others, too wide files."""

from __future__ import annotations

from datetime import datetime, timedelta
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


def test_what_says_nearly_everything_is_kept_where_the_user_says_that_it_is_known(
    tmp_path: Path,
) -> None:
    file = tmp_path / "people.csv"
    countries = [f"country {number % 12}" for number in range(600)]
    people = [10.0 ** (number % 12) + number / 600 for number in range(600)]
    pl.DataFrame({"country": countries, "people": people}).write_csv(file)
    folder = tmp_path / "repo" / "people"
    with pytest.raises(InvalidInput, match="No column is left") as caught:
        made_in(folder, [file], "people")
    assert caught.value.remedy is not None and "--keep country" in caught.value.remedy
    made = made_in(folder, [file], "people", keep=["country"])
    assert made.problem.features.request == ("country",)
    with pytest.raises(InvalidInput, match="There is no column 'county' in people"):
        made_in(folder, [file], "people", keep=["county"])


def test_times_alone_are_enough_to_learn_from(tmp_path: Path) -> None:
    file = tmp_path / "loads.csv"
    times = [datetime(2024, 1, 1) + timedelta(hours=number) for number in range(1_000)]
    loads = [
        50 + 10 * (time.hour > 7) + time.minute + number % 7 for number, time in enumerate(times)
    ]
    pl.DataFrame({"at": times, "load": loads}).write_csv(file)
    folder = tmp_path / "repo" / "loads"
    made = made_in(folder, [file], "load")
    assert [one.name for one in made.problem.features.derived] == ["hour", "weekday"]
    assert_all_rows_are_let_in(folder, [file])
