"""The id of a prediction leads to its event, and to no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import hexdigits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem
from ghosteam.serving.prediction_id import event_of, prediction_id
from tests.unit.labels.test_accept_labels import ROW, TEXT, TRIPS

ROWS = st.fixed_dictionaries(
    {
        "trip": st.text(max_size=40),
        "starts": st.datetimes(timezones=st.timezones()).filter(
            lambda moment: abs(moment.utcoffset() or timedelta()) < timedelta(days=1)
        ),
        "minute": st.integers(-(2**63), 2**63 - 1),
    }
)


@given(ROWS, st.uuids())
def test_it_holds_the_columns_that_name_the_event(row: dict[str, Any], unique: object) -> None:
    id = prediction_id(TRIPS, {**row, "age": 3.0}, unique=str(unique))
    found = event_of(id, TRIPS)
    assert tuple(found) == TRIPS.label_key == ("trip", "starts", "minute")
    # In one zone: a time that clocks never show equals none of another.
    starts = datetime.fromisoformat(found.pop("starts")).astimezone(UTC)
    assert starts == row["starts"].astimezone(UTC)
    assert found == {name: row[name] for name in ("trip", "minute")}


@given(st.data())
def test_one_that_was_cut_or_mistyped_names_no_event(data: st.DataObject) -> None:
    id = prediction_id(TRIPS, ROW, unique="0a")
    place = data.draw(st.integers(0, len(id) - 1))
    other = data.draw(st.sampled_from(hexdigits + "-_.é").filter(lambda sign: sign != id[place]))
    for wrong in (id[:place], id[:place] + other + id[place + 1 :], id[:place] + id[place + 1 :]):
        with pytest.raises(InvalidInput, match="no id of a prediction of trips"):
            event_of(wrong, TRIPS)


def test_one_of_another_problem_or_of_another_way_to_name_events_is_refused() -> None:
    id = prediction_id(TRIPS, ROW, unique="0a")
    other = parse_problem(TEXT.replace("problem: trips", "problem: rides"))
    with pytest.raises(InvalidInput, match="no id of a prediction of rides"):
        event_of(id, other)
    renamed = TEXT.replace("role: events", "role: events\n    id: [trip]").replace(
        "columns: {trip: string, starts: {type: timestamp, zone: Europe/Berlin}, minute: integer,",
        "columns: {trip: string,",
    )
    with pytest.raises(InvalidInput, match="events are named by trip now"):
        event_of(id, parse_problem(renamed))
