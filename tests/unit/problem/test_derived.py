"""Derived features in a specification: what they make of it, and what is refused of them."""

from __future__ import annotations

import pytest

from ghosteam.problem.definition import read, written
from ghosteam.problem.derivation import derived_values, in_order
from ghosteam.problem.differences import differences
from ghosteam.problem.hashes import lookup_hash, training_hash, windows_hash
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

_END = "over: 7d}\n"


def with_derived(*derived: str, text: str = TEXT) -> str:
    lines = "".join(f"    - {one}\n" for one in derived)
    return text.replace(_END, f"{_END}  derived:\n{lines}")


def bikes(*derived: str, text: str = TEXT) -> Problem:
    return parse_problem(with_derived(*derived, text=text))


MANY = (
    "{name: windy, expr: weather.wind > 2 * usual}",
    "{name: usual, expr: 'coalesce(station_long, 0) + late / 60'}",
    "{name: place, expr: \"station || '/' || kind\"}",
    "{name: day, expr: extract(isodow FROM event_time), categorical: true}",
)


def test_derived_features_come_last_and_are_of_their_kinds() -> None:
    problem = bikes(*MANY)
    assert problem.feature_names == (
        "kind",
        "weather__wind",
        "station_long",
        "windy",
        "usual",
        "place",
        "day",
    )
    assert problem.text_features == ("kind", "place")
    assert problem.categorical_features == ("kind", "place", "day")
    assert read(written(problem)) == problem


def test_a_request_carries_what_features_are_derived_from_and_never_these() -> None:
    plain = parse_problem(TEXT)
    assert plain.request_columns == ("ride", "starts", "late", "kind", "station")
    problem = bikes("{name: free, expr: weekend AND station IS NOT NULL}", *MANY)
    assert problem.request_columns == (*plain.request_columns, "weekend")


def test_what_is_looked_up_for_a_derived_feature_alone_is_no_feature() -> None:
    text = TEXT.replace("  join: [weather.wind]\n", "")
    problem = bikes("{name: windy, expr: weather.wind > 20}", text=text)
    assert problem.feature_names == ("kind", "station_long", "windy")
    assert problem.joined_datasets == ("weather",)
    assert problem.joined_columns("weather") == ("wind",)


def test_each_is_computed_after_those_that_it_reads() -> None:
    chain = [f"{{name: d{n}, expr: d{n + 1} + 1}}" for n in range(300)]
    problem = bikes(*chain, "{name: d300, expr: late}")
    assert [one.name for one in in_order(problem.features)][:2] == ["d300", "d299"]
    found = derived_values(problem, {"late": [0.0, None]}.__getitem__, 2)
    assert found["d0"] == [300.0, None] and next(iter(found)) == "d0"


def test_a_text_that_is_longer_than_a_feature_may_be_is_null() -> None:
    problem = bikes("{name: twice, expr: kind || kind}")
    found = derived_values(problem, {"kind": ["x" * 128, "x" * 129]}.__getitem__, 2)
    assert found["twice"] == ["x" * 256, None]
    doubled = [f"{{name: d{n}, expr: d{n + 1} || d{n + 1}}}" for n in range(60)]
    grown = bikes(*doubled, "{name: d60, expr: kind}")
    found = derived_values(grown, {"kind": ["x"]}.__getitem__, 1)
    assert (found["d52"], found["d51"], found["d0"]) == (["x" * 256], [None], [None])


def test_what_follows_from_a_private_value_is_private() -> None:
    text = TEXT.replace("weekend: boolean", "weekend: {type: boolean, private: true}")
    chain = (
        "{name: busy, expr: NOT quiet}",
        "{name: quiet, expr: weekend OR late > 5}",
        "{name: slow, expr: late > 5}",
    )
    problem = bikes(*chain, text=text)
    assert problem.private_features == {"busy", "quiet"}
    assert problem.logged_features[-1] == "slow"
    hidden = TEXT.replace("wind: number", "wind: {type: number, private: true}")
    looked_up = bikes("{name: windy, expr: weather.wind > 2}", text=hidden)
    assert {"weather__wind", "windy"} <= looked_up.private_features


def test_a_change_makes_a_training_set_new_and_what_is_looked_up_only_where_it_reads_more() -> None:
    before = bikes("{name: windy, expr: weather.wind > 2}")
    other = bikes("{name: windy, expr: weather.wind > 3}")
    assert training_hash(before) != training_hash(other)
    assert lookup_hash(before, "weather") == lookup_hash(other, "weather")
    assert windows_hash(before) == windows_hash(parse_problem(TEXT))
    assert training_hash(parse_problem(TEXT)) == training_hash(read(written(parse_problem(TEXT))))
    assert differences(before, other) == (
        "features.derived.windy.expr: weather.wind > 2 is now weather.wind > 3",
    )
    hours = TEXT.replace("wind: number,", "wind: number, rain: number,")
    more = bikes("{name: wet, expr: weather.rain > 3}", text=hours)
    assert lookup_hash(before, "weather") != lookup_hash(more, "weather")


@pytest.mark.parametrize(
    ("derived", "field", "says", "remedy"),
    [
        ("{name: a, expr: late +}", "0.expr", "has its end where a value should stand", "Fix"),
        ("{name: a, expr: median(late)}", "0.expr", "no function of one row", "Fix"),
        ("{name: a, expr: lat * 2}", "0.expr", "reads 'lat': no column of 'rides'", "station_long"),
        ("{name: a, expr: wind * 2}", "0.expr", "looked up in weather", "Write weather.wind"),
        ("{name: a, expr: weather__wind}", "0.expr", "reads no column", "Write weather.wind"),
        ("{name: a, expr: weather.rain}", "0.expr", "is not <dataset>.<column>", ""),
        ("{name: a, expr: moon.phase}", "0.expr", "is not <dataset>.<column>", ""),
        ("{name: a, expr: rides.late}", "0.expr", "joins the events with themselves", ""),
        ("{name: a, expr: 'weather.\"gust.max\"'}", "0.expr", "with a dot cannot be joined", ""),
        ("{name: a, expr: long}", "0.expr", "the outcome that is to be predicted", "a window"),
        ("{name: a, expr: minutes / 60}", "0.expr", "known too late, but a reads it", ""),
        ("{name: a, expr: a + 1}", "0.expr", "'a' follows from itself: a reads a", "columns"),
        ("{name: a, expr: kind + 1}", "0.expr", "+ takes numbers, not a string", "numbers"),
        ("{name: a, expr: event_time}", "0.expr", "gives a time", "extract"),
        ("{name: a, expr: starts}", "0.expr", "gives a time", "extract"),
        ("{name: a, expr: 'NULL'}", "0.expr", "is always null", "otherwise"),
        ("{name: a, expr: late / 2, categorical: true}", "0.categorical", "is a number", "floor"),
        ("{name: kind, expr: late}", "0.name", "column's or the target's name already", ""),
        ("{name: long, expr: late}", "0.name", "column's or the target's name already", ""),
        ("{name: weather, expr: late}", "0.name", "a data set's", ""),
        ("{name: target, expr: late}", "0.name", "the project itself uses", ""),
        ("{name: weather_period, expr: late}", "0.name", "the project itself uses", ""),
        ("{name: A b, expr: late}", "0.name", "is not a name", ""),
        ("{name: a, expr: late, over: 7d}", "0.over", "Extra inputs", "Remove"),
        ("{name: a}", "0.expr", "required", "Add"),
    ],
)
def test_faults_have_their_line_their_field_and_a_remedy(
    derived: str, field: str, says: str, remedy: str
) -> None:
    text = with_derived(derived)
    fault = faults_of(text)[0]
    assert fault.where["field"] == f"features.derived.{field}"
    assert fault.where["line"] == 1 + text.splitlines().index(f"    - {derived}")
    assert says in fault.message and remedy in fault.remedy and fault.remedy


def test_a_circle_is_told_whole_and_a_name_stands_once() -> None:
    text = with_derived(
        "{name: a, expr: late + b}", "{name: b, expr: 2 * c}", "{name: c, expr: a - 1}"
    )
    [fault] = faults_of(text)
    assert fault.message == "'a' follows from itself: a reads b reads c reads a"
    double = with_derived("{name: a, expr: late}", "{name: a, expr: late}")
    assert "another derived feature's name" in faults_of(double)[0].message
    window = with_derived("{name: station_long, expr: late}")
    assert "'station_long' is another feature's name already" in faults_of(window)[0].message


def test_a_fault_is_told_once_and_not_again_of_what_follows_from_it() -> None:
    text = with_derived("{name: b, expr: a * 2}", "{name: a, expr: kind * 2}")
    [fault] = faults_of(text)
    assert fault.where["field"] == "features.derived.1.expr"


def test_the_outcome_is_read_in_no_way() -> None:
    text = with_derived("{name: a, expr: minutes > 5}").replace("exclude: [minutes]\n", "")
    [fault] = faults_of(text)
    assert fault.where["field"] == "features.derived.0.expr"
    assert "the outcome is made of 'minutes', and a reads it" in fault.message


def test_what_labels_tell_is_not_read() -> None:
    labelled = TEXT.replace(
        "  weather:\n",
        "  returns: {role: labels, of: rides, columns: {ride: integer, starts: timestamp, "
        "late: number, took: 'number?'}}\n  weather:\n",
    ).replace(
        "expr: minutes > 30, known_at: event_time + minutes minutes",
        "expr: took > 30, known_at: event_time + 1d",
    )
    assert parse_problem(labelled).labels_name == "returns"
    for expr, says in (
        ("took * 2", "which labels tell"),
        ("returns.took", "is a column of labels"),
    ):
        [fault] = faults_of(with_derived(f"{{name: a, expr: {expr}}}", text=labelled))
        assert fault.where["field"] == "features.derived.0.expr" and says in fault.message
