from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.problem.durations import DURATION, format_duration, parse_duration
from ghosteam.problem.target import Target
from ghosteam.problem.timeexpr import (
    ColumnOffset,
    TimeExpression,
    parse_time_expression,
    written_column,
)

COLUMN = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
SECONDS = st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds))


@given(SECONDS)
def test_a_duration_is_read_back_as_it_was_written(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@given(st.from_regex(DURATION, fullmatch=True))
def test_every_duration_can_be_counted_and_written_again(text: str) -> None:
    value = parse_duration(text)
    assert value <= timedelta(days=99_999)
    assert parse_duration(format_duration(value)) == value
    assert parse_time_expression(f"event_time + {text} + {text}").base == "event_time"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h", 3600),
        ("7d", 604800),
        (" 2 w ", 1209600),
        ("3 days", 259200),
        ("1 hour", 3600),
        ("1 month", 31 * 86400),
        ("13 months", 397 * 86400),
        ("1y", 366 * 86400),
        ("2 years", 732 * 86400),
    ],
)
def test_durations_are_whole_numbers_with_a_unit(text: str, value: int) -> None:
    assert parse_duration(text).total_seconds() == value


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "1.5h", "-1h", "1 mo", "1ys", "1Y", "1h30m", "٣d", "1\u00a0d", "100y", 7, None],
)
def test_what_is_no_duration_is_refused_with_examples(text: object) -> None:
    with pytest.raises(ValueError, match="30s, 15m, 1h, 7d, 2w, 1 month, 1y"):
        parse_duration(text)


@given(
    base=COLUMN,
    constant=SECONDS,
    offsets=st.lists(
        st.tuples(COLUMN, st.sampled_from(["seconds", "minutes", "hours", "days"])), max_size=3
    ),
)
def test_a_time_expression_is_read_back_as_it_was_written(
    base: str, constant: timedelta, offsets: list[tuple[str, str]]
) -> None:
    text = " + ".join(
        [base, format_duration(constant), *(f"{column} {unit}" for column, unit in offsets)]
    )
    assert parse_time_expression(text) == TimeExpression(
        base, constant, tuple(ColumnOffset(*offset) for offset in offsets)
    )


def test_constants_add_up_and_columns_are_listed_base_first() -> None:
    expression = parse_time_expression("event_time + 1h+dep_delay minutes + 30m")
    assert expression.constant == timedelta(minutes=90)
    assert expression.columns == ("event_time", "dep_delay")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be the name of a timestamp column"),
        ("1h", "must be the name"),
        ("date(1, 2)", "must be the name"),
        ("date(a, b, c, d)", "must be the name"),
        ("date()", "must be the name"),
        ("a + b", "'b minutes'"),
        ("a + b weeks", "not a duration"),
    ],
)
def test_a_term_that_breaks_the_grammar_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_time_expression(text)


def test_months_are_apart_from_what_has_a_length() -> None:
    expression = parse_time_expression("at + 1 month + 1y + 2w + 1h")
    assert (expression.months, expression.constant) == (13, timedelta(days=14, hours=1))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("date(year)", ("year",)),
        ("date( year,month )", ("year", "month")),
        ("date(y, m, d)", ("y", "m", "d")),
    ],
)
def test_a_day_may_be_made_of_its_parts(text: str, columns: tuple[str, ...]) -> None:
    expression = parse_time_expression(f"{text} + hour hours")
    assert expression.base == columns
    assert expression.columns == (*columns, "hour")


NAMES = st.text(min_size=1, max_size=12)


@given(NAMES, st.lists(NAMES, min_size=1, max_size=3), NAMES)
def test_columns_of_any_name_can_be_written(base: str, parts: list[str], offset: str) -> None:
    base_text, offset_text = written_column(base), written_column(offset)
    day = f"date({', '.join(map(written_column, parts))})"
    counted = (ColumnOffset(offset, "hours"),)
    one = parse_time_expression(f"{base_text} + 1h + {offset_text} hours")
    assert one == TimeExpression(base, timedelta(hours=1), counted)
    assert parse_time_expression(f"{day} + {offset_text} hours") == TimeExpression(
        tuple(parts), timedelta(), counted
    )


def test_a_quoted_name_may_hold_a_sign_of_the_grammar() -> None:
    assert parse_time_expression('"a + b, (c)" + "d""e" minutes').columns == ("a + b, (c)", 'd"e')


@pytest.mark.parametrize("text", ['"open', '""', '"a" "b"', 'date("a, b)'])
def test_quotes_that_do_not_close_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be the name"):
        parse_time_expression(text)


def test_a_target_reads_columns_whose_names_stand_in_quotes() -> None:
    target = Target(name="late", expr=""" "Sale Price" > `Höhe 2` AND größe = 'it''s "no"' """)
    assert {"Sale Price", "Höhe 2", "größe"} <= target.words
    assert not {"Sale", "Price", "no"} & target.words
