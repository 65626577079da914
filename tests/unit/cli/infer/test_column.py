"""A column's cells say its type, what is missing, and its range."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.infer.column import describe
from cli.infer.typed import declared, nice_above, typed
from ghosteam.problem.datasets import Column


def described(  # type: ignore[no-untyped-def]
    *cells: str | None,
    name: str = "a",
    na: bool = False,
):
    return describe(pl.Series(name, cells, pl.String), na_is_missing=na)


@pytest.mark.parametrize(
    ("cells", "kind", "missing"),
    [
        (["1", "2", "-3"], "integer", 0),
        (["1", "2.5", "1e3"], "number", 0),
        (["1.0", "2.0", ""], "number", 1),
        (["true", "False", "TRUE"], "boolean", 0),
        (["yes", "no", "yes"], "string", 0),
        (["2024-01-01", "2024-01-02T10:00:00Z", None], "timestamp", 1),
        (["01/02/2024", "03/04/2024"], "string", 0),
        (["00501", "10001"], "string", 0),
        (["0.5", "0.25"], "number", 0),
        (["9007199254740993", "1"], "string", 0),
        (["1", "?", "3", "N/A", "nan"], "integer", 3),
        (["1", "unknown", "-"], "integer", 2),
        (["1", "k. A.", "keine Angabe"], "integer", 2),
        (["a", "?", "b"], "string", 1),
        (["north", "unknown", "NA"], "string", 0),
        (["inf", "1"], "string", 0),
        (["", None, "NULL"], "string", 3),
    ],
)
def test_cells_say_their_type_and_what_is_missing(
    cells: list[str | None], kind: str, missing: int
) -> None:
    found = described(*cells)
    assert (found.type, found.missing) == (kind, missing)


def test_na_is_missing_among_texts_where_the_files_numbers_show_it() -> None:
    assert described("EMEA", "NA", "APAC").missing == 0
    found = described("EMEA", "NA", "APAC", na=True)
    assert (found.missing, found.markers) == (1, ("", "NA"))


@pytest.mark.parametrize("name", ["customer_id", "year", "Postal Code", "ID"])
def test_ids_that_were_written_as_floats_are_whole_numbers(name: str) -> None:
    assert described("101.0", "102.0", "", name=name).type == "integer"


@pytest.mark.parametrize(
    ("number", "unit"), [(1357102800, "seconds"), (1357102800000, "milliseconds")]
)
def test_numbers_since_1970_are_times_where_their_name_says_so(number: int, unit: str) -> None:
    cells = [str(number + step) for step in (0, 1000, 2000)]
    found = described(*cells, name="created_at")
    assert (found.type, found.unit) == ("timestamp", unit)
    assert described(*cells, name="amount").type == "integer"


def test_times_may_be_counted_with_a_fraction() -> None:
    cells = [f"{1357102800 + step}.5" for step in range(3)]
    found = described(*cells, name="UnixTime")
    assert (found.type, found.unit) == ("timestamp", "seconds")
    assert described(*cells, name="amount").type == "number"


@pytest.mark.parametrize("odd", ["Total", "0000-00-00 00:00:00"])
def test_a_few_odd_words_among_times_stand_for_nothing(odd: str) -> None:
    times = [f"{1000 + number}-02-03 10:00:00" for number in range(200)]
    found = described(odd, *times)
    assert (found.type, found.missing, found.odd) == ("timestamp", 1, 0)
    assert odd in (found.markers or ())
    assert described(*[odd] * 9, *times).type == "string"


def test_a_number_far_from_all_others_stands_for_nothing() -> None:
    cells = ["-999"] * 5 + [str(number) for number in range(50)]
    found = described(*cells)
    assert (found.missing, found.low, found.high) == (5, 0, 49)
    assert found.markers == ("", "-999") and found.findings[0].sure == "fairly sure"


def test_a_few_odd_words_among_numbers_stand_for_nothing() -> None:
    found = described(*["12 kg"], *[str(number) for number in range(200)])
    assert (found.type, found.missing, found.odd) == ("integer", 1, 0)


def test_many_odd_cells_are_said_to_be_quarantined() -> None:
    cells = [f"{number} kg" for number in range(5)] + [str(number) for number in range(1000)]
    found = described(*cells)
    assert (found.type, found.odd) == ("integer", 5)
    assert "quarantined" in found.findings[0].text


@given(st.floats(1e-300, 1e300))
def test_a_nice_number_is_above_and_at_most_two_and_a_half_times_as_large(number: float) -> None:
    assert number * 0.999999 <= nice_above(number) <= 2.6 * number


CELLS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.dates().map(str),
    st.sampled_from(["", "NA", "?", "true", "false", "yes", "unknown", "-999", "007", " x "]),
    st.text(max_size=6),
)


@given(
    st.lists(CELLS, min_size=1, max_size=30),
    st.sampled_from(["a", "id", "month", "hour", "created_at", "zip code", "type"]),
)
def test_whatever_cells_are_they_are_of_the_type_and_in_the_range_that_is_declared(
    cells: list[str], name: str
) -> None:
    column = pl.Series(name, cells, pl.String)
    found = describe(column)
    Column.model_validate(declared(found))
    values = typed(column.to_frame(), {name: found})[name]
    assert values.count() == found.rows - found.missing - found.odd
    form = Column.model_validate(declared(found))
    if form.min is not None:
        known = values.drop_nulls()
        assert ((known >= form.min) & (known <= (form.max or float("inf")))).all()
