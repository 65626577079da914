"""How a column's cells are written, all of them together, is found or left open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.files.date_styles import EITHER, NO_CENTURY, Unread, format_of_dates, iso
from cli.files.number_styles import NumberStyle, style_of
from ghosteam.problem.moments import parse_cell

DAYS = [date(2023, 1, 25) + timedelta(days=17 * number) for number in range(30)]
FORMS = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d. %B %Y",
    "%A, %B %d, %Y",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("time", ["", " %H:%M", " %H:%M:%S", " %I:%M %p"])
def test_dates_of_any_format_are_read_by_it(form: str, time: str) -> None:
    moments = [datetime(day.year, day.month, day.day, 13, 7) for day in DAYS]
    cells = pl.Series("when", [f"{moment:{form}{time}}" for moment in moments])
    found = format_of_dates(cells)
    assert isinstance(found, str)
    expected = [moment if time else moment.replace(hour=0, minute=0) for moment in moments]
    read = [parse_cell(cell, unit=None, form=found).replace(tzinfo=None) for cell in cells]
    plain = [parse_cell(cell, unit=None).replace(tzinfo=None) for cell in iso(cells, found)]
    assert read == plain == expected


@pytest.mark.parametrize("form", ["%Y-%m", "%Y/%m", "%m/%Y", "%b-%Y", "%B %Y"])
def test_a_month_is_its_first_day(form: str) -> None:
    cells = pl.Series("when", [f"{day:{form}}" for day in DAYS])
    assert format_of_dates(cells) == form
    assert iso(cells, form).to_list() == [f"{day:%Y-%m}-01" for day in DAYS]


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S %z", "%d/%b/%Y:%H:%M:%S %z"])
def test_times_of_mails_and_of_servers_are_read(form: str) -> None:
    cells = pl.Series(
        "when", [datetime(2024, 2, n, 5, 6, 7, tzinfo=UTC).strftime(form) for n in (3, 25)]
    )
    assert format_of_dates(cells) == form


def test_a_few_words_may_stand_among_dates() -> None:
    dates = [f"{day:%d.%m.%Y}" for day in DAYS]
    assert format_of_dates(pl.Series("when", [*dates, "Total"])) == "%d.%m.%Y"
    assert format_of_dates(pl.Series("when", [*dates, "a", "b", "c", "d"])) is None


def test_dates_that_may_be_either_are_not_guessed() -> None:
    cells = pl.Series("when", ["03/04/2023", "05/06/2023"])
    assert format_of_dates(cells) == Unread("03/04/2023", EITHER)
    assert format_of_dates(cells, first="day") == "%d/%m/%Y"
    assert format_of_dates(cells, first="month") == "%m/%d/%Y"


@pytest.mark.parametrize("cell", ["31/12/23", "12-31-99", "31.12.23 10:00", "5-Dec-23"])
def test_years_of_two_digits_are_told_and_not_guessed(cell: str) -> None:
    assert format_of_dates(pl.Series("when", [cell])) == Unread(cell, NO_CENTURY)


@pytest.mark.parametrize(
    "cells",
    [
        ["2023-01-02", "2023-02-03"],
        ["2023-01-02T10:00:00Z"],
        ["1.2.3", "4.5.6"],
        ["12345678", "99999999"],
        ["a", "b"],
        ["10/23", "11/23"],
        [],
    ],
)
def test_what_is_iso_or_no_date_is_left_alone(cells: list[str]) -> None:
    assert format_of_dates(pl.Series("when", cells, pl.String)) is None


def german(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


STYLES = {
    "german": (german, NumberStyle(None, ",", ".")),
    "thousands": (lambda number: f"{number:,.2f}", NumberStyle(None, ".", ",", True)),
    "percent": (lambda number: f"{number:.2f}%", NumberStyle("%", has_points=True)),
    "euros": (lambda number: f"{german(number)} €", NumberStyle("€", ",", ".")),
    "dollars": (lambda number: f"${number:,.2f}", NumberStyle("$", ".", ",", True)),
    "swiss": (
        lambda number: f"CHF {number:,.2f}".replace(",", "'"),
        NumberStyle("CHF", ".", "'", True),
    ),
    "french": (lambda number: german(number).replace(".", "\xa0"), NumberStyle(None, ",", " ")),
}


@given(
    style=st.sampled_from(sorted(STYLES)),
    numbers=st.lists(
        st.integers(-(10**8), 10**8).map(lambda cents: cents / 100), min_size=1, max_size=20
    ),
)
def test_the_style_of_numbers_is_what_they_are_written_in(style: str, numbers: list[float]) -> None:
    write, expected = STYLES[style]
    cells = pl.Series("n", [write(number) for number in [1234567.56, *numbers]])
    if style == "percent":
        cells = pl.Series("n", [write(number) for number in numbers])
    assert style_of(cells, comma_is_decimal=expected.decimal == ",") == expected


@pytest.mark.parametrize(
    "cells", [["a,b"], ["1,2,3"], ["12 Main St"], [], ["192.168.100.200"], ["€5", "$7"], ["5 kg"]]
)
def test_texts_have_no_style(cells: list[str]) -> None:
    assert style_of(pl.Series("n", cells, pl.String), comma_is_decimal=False) is None


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["5.5 kg", "12 kg", "0.5 kg"], NumberStyle("kg", has_points=True)),
        (["5 min", "12 min", "7 min"], NumberStyle("min")),
        (["1.5K", "2K", "3.25K"], NumberStyle("K", has_points=True)),
        (["1,5 °C", "-2 °C", "3 °C"], NumberStyle("°C", ",")),
        (["5A", "12A", "7A"], None),
        (["5 kg", "12 lb", "7 kg"], None),
        (["A 5", "A 6", "A 7"], None),
        (["12 Main St", "14 Main St", "9 Main St"], None),
    ],
)
def test_a_word_behind_all_numbers_is_their_unit(
    cells: list[str], style: NumberStyle | None
) -> None:
    assert style_of(pl.Series("n", cells), comma_is_decimal=True) == style


def test_plain_numbers_say_whether_they_have_points() -> None:
    assert style_of(pl.Series(["1.5", "2"]), comma_is_decimal=True) == NumberStyle(has_points=True)
    assert style_of(pl.Series(["-3e5"]), comma_is_decimal=False) == NumberStyle()


def test_a_comma_before_three_digits_is_what_the_file_says() -> None:
    cells = pl.Series("n", ["1,234", "5,678"])
    assert style_of(cells, comma_is_decimal=True) == NumberStyle(None, ",")
    assert style_of(cells, comma_is_decimal=False) == NumberStyle(None, ".", ",")
