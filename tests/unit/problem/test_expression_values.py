"""What expressions are worth: by hand, by a naive reader, and by the SQL that ``target.expr`` is
read by.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from ghosteam.problem.expressions.expression import expression_of, taken
from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.expressions.kinds import Kind
from ghosteam.problem.expressions.tree import Read
from tests.unit.problem.expression_strategies import CONDITIONS, NUMBERS, ROWS, Beyond, Row, Written

KINDS: dict[Read, Kind] = {
    Read("i"): "integer",
    Read("j"): "integer",
    Read("x"): "number",
    Read("y z"): "number",
    Read("b"): "boolean",
    Read("s"): "string",
    Read("t"): "timestamp",
    Read("mass", "planes"): "number",
}
MIDNIGHT = datetime(2024, 3, 31, 0, 30, 15, 500_000, tzinfo=UTC)  # Berlin's clocks skip an hour


def value_of(text: str, **row: Any) -> Any:
    expression = expression_of(text)
    columns = {
        read: taken(KINDS[read], [row.get(read.name)])  # type: ignore[arg-type]
        for read in expression.reads
    }
    [value] = expression.values(columns, 1)
    assert value is None or expression.kind(KINDS) in kinds_of(value)
    return value


def kinds_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    return ("string",) if isinstance(value, str) else ("integer", "number")


@pytest.mark.parametrize(
    ("text", "row", "value"),
    [
        ("i / j", {"i": 7, "j": 2}, 3.5),
        ("i / j", {"i": 7, "j": 0}, None),
        ("i % 0", {"i": 7}, None),
        ("-7 % 3", {}, -1),
        ("7 % -3", {}, 1),
        ("x / i", {"x": 0.0, "i": 0}, None),
        ("x * 10", {"x": 1e308}, None),
        ("x * 10 > 5", {"x": 1e308}, None),
        ("x + 1", {"x": math.nan}, None),
        ("x", {"x": math.inf}, None),
        ("ln(x)", {"x": 0.0}, None),
        ("ln(x)", {"x": -1.0}, None),
        ("log(x)", {"x": math.e}, 1.0),
        ("log(x, 10)", {"x": 1000.0}, 3.0),
        ("log(x, 1)", {"x": 1000.0}, None),
        ("log10(x) + log2(8)", {"x": 100.0}, 5.0),
        ("exp(x)", {"x": 1000.0}, None),
        ("sqrt(x)", {"x": -1.0}, None),
        ("power(x, 0.5)", {"x": -1.0}, None),
        ("power(0, -1)", {}, None),
        ("asin(2)", {}, None),
        ("round(x)", {"x": 2.5}, 2),
        ("round(x, 1)", {"x": 2.26}, 2.3),
        ("round(i, -1000000000)", {"i": 5}, 0),
        ("floor(x) + ceil(x)", {"x": -1.5}, -3),
        ("i * i * i", {"i": 2**40}, float(2**120)),
        ("i = j", {"i": 2**53, "j": 2**53 + 1}, False),
        ("x + i", {"i": 1}, None),
        ("i IS NULL AND x IS NOT NULL", {"x": 0.0}, True),
        ("b AND i > 0", {"b": False}, False),
        ("b OR i > 0", {"b": True}, True),
        ("b OR i > 0", {"b": False}, None),
        ("NOT b", {}, None),
        ("b IS TRUE", {}, False),
        ("b IS NOT FALSE", {}, True),
        ("i IN (1, 2, NULL)", {"i": 3}, None),
        ("i NOT IN (1, 2)", {"i": 3}, True),
        ("i BETWEEN 1 AND 3 AND b", {"i": 3, "b": True}, True),
        ("i NOT BETWEEN 1 AND 3", {"i": 3}, False),
        ("CASE WHEN i > 0 THEN 'up' WHEN i < 0 THEN 'down' END", {"i": 0}, None),
        ("case i when 1 then 'one' else 'more' end", {"i": 2}, "more"),
        ("case i when j then 1 when 2 then 3 end", {"i": 2}, 3),
        ("case i when NULL then 1 else 2 end", {}, 2),
        ("case i when NULL then 1 else 2 end", {"i": 5}, 2),
        ("i BETWEEN j AND 1", {"i": 2}, False),
        ("i BETWEEN j AND 3", {"i": 2}, None),
        ("i BETWEEN 5 AND j", {"i": 2}, False),
        ("1 BETWEEN NULL AND NULL", {}, None),
        ("99999999999999999999 > 9223372036854775807", {}, True),
        ("coalesce(i, j, 0)", {"j": 4}, 4),
        ("nullif(i, 0)", {"i": 0}, None),
        ("least(i, j) + greatest(i, j)", {"i": 3}, 6),
        ("s || '-' || 'it''s'", {"s": "a"}, "a-it's"),
        ("s || '-'", {}, None),
        ("upper(s) = 'ÄB' and length(s) = 2", {"s": "äb"}, True),
        ("substr(s, 2, 2)", {"s": "abcd"}, "bc"),
        ("substr(s, 3)", {"s": "abcd"}, "cd"),
        ("substr(s, 1, -1)", {"s": "abcd"}, None),
        ("starts_with(s, 'ab') AND s < 'b'", {"s": "abcd"}, True),
        ("1 - 2 - 3 * 4", {}, -13),
        ("-(i + 1)", {"i": 1}, -2),
        ('"y z" + .5', {"y z": 1.0}, 1.5),
        ("planes.mass * 2", {"mass": 4}, 8.0),
        ("hour(t)", {"t": MIDNIGHT}, 0),
        ("extract(hour FROM t AT TIME ZONE 'Europe/Berlin')", {"t": MIDNIGHT}, 1),
        (
            "extract(hour FROM t AT TIME ZONE 'Europe/Berlin')",
            {"t": MIDNIGHT + timedelta(hours=1)},
            3,
        ),
        ("date_part('dow', t) * 10 + extract(isodow FROM t)", {"t": MIDNIGHT}, 7),
        ("doy(t) * 100 + week(t)", {"t": MIDNIGHT}, 9113),
        ("extract(epoch FROM t)", {"t": MIDNIGHT}, MIDNIGHT.timestamp()),
        ("t > t", {"t": MIDNIGHT}, False),
        ("minute(t)", {"t": 1.5e9}, 25),  # A looked-up time: microseconds, as features are
        ("b", {"b": 1.0}, True),
        ("i", {"i": 3.0}, 3),
    ],
)
def test_values_by_hand(text: str, row: Row, value: Any) -> None:
    found = value_of(text, **row)
    assert found == value and isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        ("", "has its end where a value", "SELECT"),
        ("i +", "has its end where a value", "SELECT"),
        ("i j", "'j' where an operator", "SELECT"),
        ("(i", "its end where ')'", "SELECT"),
        ("i ^ 2", "cannot be read from '^ 2'", "names, numbers"),
        ("'open", "cannot be read from", "'texts'"),
        ("1e400", "beyond the range", "smaller"),
        ("median(i)", "calls median, which is no function of one row's values", "coalesce"),
        ("sum(i) OVER (PARTITION BY j)", "calls sum", "Functions are"),
        ("ln()", "gives ln 0 values; it takes 1", "commas"),
        ("substr(s)", "gives substr 1 values; it takes 2 to 3", "commas"),
        ("hour(t, 'UTC')", "gives hour 2 values; it takes 1", "commas"),
        ("extract(era FROM t)", "'era', which is no part of a time", "isodow"),
        ("extract(hour FROM t AT TIME ZONE 'Mars')", "'Mars' is no time zone", "zone"),
        ("extract(epoch FROM t AT TIME ZONE 'UTC')", "same everywhere", "Leave"),
        ("CASE i END", "'END' where WHEN", "SELECT"),
        ("i NOT 3", "'3' where IN or BETWEEN", "SELECT"),
        ("i IS 3", "'3' where NULL, TRUE or FALSE", "SELECT"),
        ("s + 1", "+ takes numbers, not a string and an integer", "numbers"),
        ("b + 1", "+ takes numbers, not a boolean and an integer", "CASE WHEN"),
        ("t - t", "- takes numbers, not a timestamp", "epoch"),
        ("s = 1", "= takes values of one kind, not a string and an integer", "quotes"),
        ("CASE WHEN i THEN 1 END", "WHEN takes true or false, not an integer", "amount > 0"),
        ("CASE WHEN b THEN 1 ELSE 'a' END", "CASE takes values of one kind", "one kind"),
        ("CASE s WHEN 1 THEN 2 END", "CASE takes values of one kind", "one kind"),
        ("i BETWEEN 'a' AND 2", "BETWEEN takes values of one kind", "one kind"),
        ("9" * 400, "beyond the range", "smaller"),
        ("NOT i", "NOT takes true or false", "Compare"),
        ("i || s", "|| takes texts, not an integer and a string", "quotes"),
        ("hour(i)", "hour takes a time, not an integer", "event_time"),
        ("round(x, 1.5)", "round takes a whole number of places", "numbers"),
        ("(" * 31 + "i" + ")" * 31, "nests more than 30 levels", "of their own"),
        ("-" * 60 + "i", "nests more than 30 levels", "of their own"),
        ("i" + " + i" * 201, "more than 200 operators", "of their own"),
    ],
)
def test_what_is_no_expression_is_refused_with_what_to_write(
    text: str, says: str, remedy: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        expression_of(text).kind(KINDS)
    assert says in caught.value.message and remedy in caught.value.remedy


def test_the_longest_and_the_deepest_expressions_are_computed() -> None:
    assert value_of("i" + " + i" * 200, i=1) == 201
    assert value_of("(" * 29 + "i" + ")" * 29, i=1) == 1
    assert value_of("b" + " AND b" * 500, b=True) is True
    chosen, ranged = "i", "i"
    for _ in range(28):
        chosen = f"CASE {chosen} WHEN 1 THEN 1 WHEN 2 THEN 1 ELSE 0 END"
    for _ in range(14):
        ranged = f"CASE WHEN ({ranged}) BETWEEN 0 AND 9 THEN 1 ELSE 0 END"
    assert value_of(chosen, i=2) == value_of(ranged, i=5) == 1


def naive(written: Written, row: Row) -> Any:
    return written.naive(row, False)


@settings(max_examples=300)
@given(NUMBERS | CONDITIONS, ROWS)
def test_any_expression_is_what_a_naive_reader_computes(written: Written, rows: list[Row]) -> None:
    expression = expression_of(written.text)
    columns = {read: [row[read.name] for row in rows] for read in expression.reads}
    found = expression.values(columns, len(rows))
    assert found == [naive(written, row) for row in rows]
    assert all(value is None or math.isfinite(value) for value in found)


@settings(max_examples=150)
@given(NUMBERS | CONDITIONS, ROWS)
def test_where_a_value_is_defined_it_is_that_of_the_sql_of_targets_and_filters(
    written: Written, rows: list[Row]
) -> None:
    schema = {"i": pl.Int64, "j": pl.Int64, "x": pl.Float64, "y z": pl.Float64, "b": pl.Boolean}
    frame = pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
    sql = frame.select(pl.sql_expr(written.text).alias("value"))["value"].to_list()
    sql = sql * len(rows) if len(sql) < len(rows) else sql  # Of constants alone
    for row, theirs in zip(rows, sql, strict=True):
        try:
            ours = written.naive(row, True)
        except Beyond:
            continue
        if isinstance(ours, float):
            assert theirs == pytest.approx(ours, rel=1e-12), written.text
        else:
            assert theirs == ours, written.text
