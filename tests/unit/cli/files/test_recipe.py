"""Cells of other styles become those that the loop reads, in each later file as in the first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.files.date_styles import Ambiguous, format_of_dates, iso
from cli.files.number_styles import replaced, style_of
from cli.files.prepared import prepared
from cli.files.recipe import Recipe, read_recipes, row_ids, write_recipes
from cli.files.table import Table
from ghosteam.errors import InvalidInput
from ghosteam.problem.moments import parse_cell

DAYS = [date(2023, 1, 25) + timedelta(days=17 * number) for number in range(30)]
FORMS = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d/%m/%y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%y",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("time", ["", " %H:%M", " %H:%M:%S", " %I:%M %p"])
def test_dates_of_any_format_become_iso_8601(form: str, time: str) -> None:
    moments = [datetime(day.year, day.month, day.day, 13, 7) for day in DAYS]
    cells = pl.Series("when", [f"{moment:{form}{time}}" for moment in moments])
    found = format_of_dates(cells)
    assert isinstance(found, str)
    read = cells.to_frame().select(iso("when", found))["when"]
    expected = [moment if time else moment.replace(hour=0, minute=0) for moment in moments]
    assert [parse_cell(cell, unit=None).replace(tzinfo=None) for cell in read] == expected


def test_dates_that_may_be_either_are_not_guessed() -> None:
    cells = pl.Series("when", ["03/04/2023", "05/06/2023"])
    assert format_of_dates(cells) == Ambiguous("03/04/2023")
    assert format_of_dates(cells, first="day") == "%d/%m/%Y"
    assert format_of_dates(cells, first="month") == "%m/%d/%Y"


@pytest.mark.parametrize(
    "cells",
    [
        ["2023-01-02", "2023-02-03"],
        ["2023-01-02T10:00:00Z"],
        ["1.2.3", "4.5.6"],
        ["12345678", "99999999"],
        ["a", "b"],
        ["10/2023", "11/2023"],
        [],
    ],
)
def test_what_is_iso_or_no_date_is_left_alone(cells: list[str]) -> None:
    assert format_of_dates(pl.Series("when", cells, pl.String)) is None


def german(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


STYLES = {
    "decimal comma": german,
    "thousands": lambda number: f"{number:,.2f}",
    "percent": lambda number: f"{number:.2f}%",
    "currency": lambda number: f"${abs(number):,.2f}",
}


@given(
    style=st.sampled_from(sorted(STYLES)),
    numbers=st.lists(
        st.integers(-(10**8), 10**8).map(lambda cents: cents / 100), min_size=1, max_size=20
    ),
)
def test_numbers_of_a_style_become_plain_ones(style: str, numbers: list[float]) -> None:
    numbers = [1234.56, *numbers]
    cells = pl.Series("n", [STYLES[style](number) for number in numbers])
    found = style_of(cells, comma_is_decimal=style == "decimal comma")
    assert found == style
    read = cells.to_frame().select(replaced("n", style))["n"].cast(pl.Float64)
    wanted = [abs(number) for number in numbers] if style == "currency" else numbers
    assert read.to_list() == pytest.approx(wanted)


@pytest.mark.parametrize("cells", [["1.5", "2"], ["-3e5"], ["a,b"], ["1,2,3"], ["12 Main St"], []])
def test_plain_numbers_and_texts_have_no_style(cells: list[str]) -> None:
    column = pl.Series("n", cells, pl.String)
    assert style_of(column, comma_is_decimal=False) is None


def test_a_comma_before_three_digits_is_what_the_file_says() -> None:
    cells = pl.Series("n", ["1,234", "5,678"])
    assert style_of(cells, comma_is_decimal=True) == "decimal comma"
    assert style_of(cells, comma_is_decimal=False) == "thousands"


ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12")), min_size=1, max_size=12)


@given(ROWS, st.randoms())
def test_a_rows_id_is_its_content_and_each_row_has_its_own(
    rows: list[tuple[str, str]], random: object
) -> None:
    frame = pl.DataFrame(rows, schema=["a", "b"], orient="row")
    ids = row_ids(frame).to_list()
    assert len({*ids}) == len(rows)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    assert sorted(row_ids(shuffled)) == sorted(ids)
    by_content = dict(zip(reversed(rows), reversed(ids), strict=True))
    assert all(id.startswith(by_content[row]) for row, id in zip(rows, ids, strict=True))


RECIPES = st.builds(
    Recipe,
    trimmed=st.booleans(),
    numbers=st.dictionaries(st.text(), st.sampled_from(sorted(STYLES)), max_size=2),
    dates=st.dictionaries(st.text(), st.just("%d/%m/%Y"), max_size=2),
    row_id=st.none() | st.just("row_id"),
)


@given(st.dictionaries(st.sampled_from(["orders", "prices"]), RECIPES))
def test_recipes_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, recipes: dict[str, Recipe]
) -> None:
    folder = tmp_path_factory.mktemp("problem")
    write_recipes(folder, recipes)
    assert read_recipes(folder) == {n: one for n, one in recipes.items() if one != Recipe()}


def test_a_file_of_no_recipes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "files.json").write_text('{"orders": {"colour": "red"}}')
    with pytest.raises(InvalidInput, match="holds no recipes"):
        read_recipes(tmp_path)


def test_a_file_that_the_loop_reads_lands_itself(tmp_path: Path) -> None:
    table = Table(tmp_path / "a.csv", pl.DataFrame({"a": ["1"]}))
    assert prepared(table, Recipe(), tmp_path / "out").path == table.path
    assert not (tmp_path / "out").exists()


def test_another_lands_as_a_copy_that_says_what_was_changed(tmp_path: Path) -> None:
    rows = pl.DataFrame({"when": ["31/12/2023", "NA"], "price": [" 1,50 ", "2,25"]})
    recipe = Recipe(True, {"price": "decimal comma"}, {"when": "%d/%m/%Y"}, "row_id")
    table = Table(tmp_path / "a.tsv", rows, ("cells are separated by tabs",))
    found = prepared(table, recipe, tmp_path / "out")
    assert found.changed[0] == "cells are separated by tabs" and len(found.changed) == 5
    copy = pl.read_csv(found.path, infer_schema=False)
    assert copy["when"].to_list() == ["2023-12-31", "NA"]
    assert copy["price"].to_list() == ["1.50", "2.25"]
    assert copy["row_id"].n_unique() == 2
