"""Outcomes posted over HTTP: by event and by prediction, corrected, withdrawn, refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ghosteam.errors import InvalidInput, ManyFaults, NotFound, TooLarge
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.posted_rows import MAX_ROWS
from ghosteam.serving.prediction_id import prediction_id
from ghosteam.steps.accept_rows import LABELS, Posting, accept_rows
from ghosteam.steps.api_description import Description
from tests.builders import flights_problem
from tests.unit.data.memory import MemoryObjects
from tests.unit.data.world import Kill

TEXT = """
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: starts + minute minutes
target: {name: late, expr: delay > 15 AND proven, known_at: told}
datasets:
  trips:
    role: events
    columns: {trip: string, starts: timestamp, minute: integer, age: number}
  ends:
    role: labels
    of: trips
    columns: {trip: string, starts: {type: timestamp, zone: Europe/Berlin}, minute: integer,
      delay: {type: number, nullable: true, min: 0}, proven: "boolean?", told: "timestamp?",
      desk: string}
features: {request: [age]}
"""
TRIPS = parse_problem(TEXT)
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
EVENT = {"trip": "é/1", "starts": "2024-03-01T10:00:00+01:00", "minute": 5}
TOLD = {"delay": 20, "proven": True, "told": "2024-03-01T11:00:00Z", "desk": "a"}
ROW: dict[str, Any] = {"trip": "é/1", "starts": datetime(2024, 3, 1, 9, tzinfo=UTC), "minute": 5}


def post(
    labels: Any, *, now: datetime = NOW, landing: Any = None, of: Problem = TRIPS
) -> list[dict[str, Any]]:
    """The rows that landed."""
    landing = landing or MemoryObjects("landing", Kill())
    body = labels if isinstance(labels, str) else json.dumps({"labels": labels})
    problems = {"trips": of, "flights": flights_problem()}
    answer = accept_rows(
        LABELS, Posting("trips", body), landing=landing, problems=problems, now=now
    )
    lines = landing.get(answer["key"]).splitlines()
    assert answer["accepted"] == len(lines) and answer["key"].startswith("trips/ends/api-2024")
    return [json.loads(line) for line in lines]


def test_a_label_names_its_event_by_its_columns_or_by_a_prediction() -> None:
    id = prediction_id(TRIPS, ROW, unique="0a")
    by_event, by_prediction = post([{**EVENT, **TOLD}, {"prediction_id": id, **TOLD}])
    assert by_event == by_prediction
    assert by_event["starts"] == "2024-03-01T09:00:00+00:00" and by_event["trip"] == "é/1"
    assert by_event["delay"] == 20 and by_event["told"] == "2024-03-01T11:00:00+00:00"


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "microseconds"])
def test_a_prediction_leads_to_an_event_whose_time_is_counted(unit: str) -> None:
    trips = parse_problem(
        TEXT.replace("starts: timestamp", f"starts: {{type: timestamp, unit: {unit}}}").replace(
            "zone: Europe/Berlin", f"unit: {unit}"
        )
    )
    per_second = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}[unit]
    counted = {**EVENT, "starts": int(ROW["starts"].timestamp()) * per_second}
    id = prediction_id(trips, ROW, unique="0a")
    by_event, by_prediction = post([{**counted, **TOLD}, {"prediction_id": id, **TOLD}], of=trips)
    assert by_event == by_prediction
    assert by_event["starts"] == ROW["starts"].isoformat()


def test_null_withdraws_and_what_is_not_given_is_null() -> None:
    [gone] = post([{**EVENT, "delay": None, "desk": "a"}])
    assert gone["delay"] is None and "proven" not in gone and "told" not in gone
    [part] = post([{**EVENT, "proven": False, "told": TOLD["told"], "desk": "a"}])
    assert part["proven"] is False and "delay" not in part


def test_the_same_request_again_is_the_same_file_and_corrections_lie_in_their_order() -> None:
    landing = MemoryObjects("landing", Kill())
    for labels, moment in (
        ([{**EVENT, **TOLD}], NOW),
        ([{**EVENT, **TOLD}], NOW),
        ([{**EVENT, **TOLD, "delay": 1}], NOW + timedelta(microseconds=1)),
    ):
        post(labels, now=moment, landing=landing)
    first, second = sorted(key for key, _ in landing.bodies)
    assert b'"delay": 20' in landing.get(first) and b'"delay": 1.0' in landing.get(second)


@pytest.mark.parametrize(
    ("label", "field", "says"),
    [
        ({"starts": EVENT["starts"], "minute": 5, **TOLD}, "trip", "Field required"),
        ({**EVENT, **TOLD, "mood": 1}, "mood", "Extra inputs"),
        ({**EVENT, **TOLD, "minute": "5"}, "minute", "valid integer"),
        ({**EVENT, **TOLD, "delay": -1}, "delay", "greater than or equal to 0"),
        ({**EVENT, **TOLD, "proven": "yes"}, "proven", "valid boolean"),
        ({**EVENT, **TOLD, "starts": "soon"}, "starts", "a time is text"),
        ({**EVENT, **TOLD, "trip": None}, "trip", "valid string"),
        ({**EVENT, **TOLD, "desk": [1]}, "desk", "valid string"),
        ({**EVENT, "desk": "a"}, "delay", "states nothing"),
        ({**EVENT, "desk": "a", "told": TOLD["told"]}, "delay", "states nothing"),
        ({**EVENT, **TOLD, "told": None}, "told", "when its outcome became known"),
        ({**EVENT, "delay": 3, "desk": "a"}, "told", "when its outcome became known"),
        ({"prediction_id": "x", **TOLD}, "prediction_id", "no id of a prediction of trips"),
        ({"prediction_id": 7, **TOLD}, "prediction_id", "is a text"),
        ({"prediction_id": "x", **EVENT, **TOLD}, "prediction_id", "and by trip"),
        (7, None, "not an object"),
    ],
)
def test_a_fault_is_told_with_its_row_and_field(label: Any, field: str | None, says: str) -> None:
    with pytest.raises(ManyFaults) as caught:
        post([{**EVENT, **TOLD}, label])
    record = caught.value.as_record()
    [fault] = caught.value.faults
    assert fault.where == {"row": 1, **({"field": field} if field else {})}
    assert says in fault.message and fault.remedy
    assert record["error"] == "InvalidInput" and record["faults"] == [
        {"message": fault.message, "where": fault.where, "remedy": fault.remedy}
    ]


def test_all_faults_of_a_body_are_told_and_of_very_many_the_first() -> None:
    with pytest.raises(ManyFaults) as caught:
        post([{**EVENT, **TOLD, "minute": "x", "delay": "y"}, {}, 7])
    places = [(fault.where["row"], fault.where.get("field")) for fault in caught.value.faults]
    missing = [(1, name) for name in ("trip", "starts", "minute", "desk")]
    assert places == [(0, "minute"), (0, "delay"), *missing, (2, None)]
    with pytest.raises(ManyFaults) as caught:
        post([7] * 60)
    assert len(caught.value.faults) == 51 and "10 more" in caught.value.faults[-1].message


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"labels": []}', '{"events": [1]}', "\ud800"])
def test_a_body_without_labels_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        post(body)
    assert "labels" in caught.value.remedy


def test_too_many_labels_are_refused() -> None:
    with pytest.raises(TooLarge, match="more than 10000"):
        post([1] * (MAX_ROWS + 1))


def test_a_problem_without_labels_says_where_outcomes_go() -> None:
    problems = {"flights": flights_problem()}
    with pytest.raises(NotFound) as caught:
        accept_rows(
            LABELS,
            Posting("flights", "{}"),
            landing=None,  # type: ignore[arg-type]
            problems=problems,
            now=NOW,
        )
    assert "/v1/flights/events" in caught.value.remedy and "role: labels" in caught.value.remedy


def test_the_description_tells_both_ways_to_name_an_event_and_only_where_labels_are_taken() -> None:
    document = Description({"trips": TRIPS, "flights": flights_problem()}).document(None)
    assert "/v1/flights/labels" not in document["paths"]
    told = document["paths"]["/v1/trips/labels"]["post"]
    assert {"202", "400", "404"} <= told["responses"].keys()
    schemas = document["components"]["schemas"]
    ways = schemas["TripsLabels"]["properties"]["labels"]["items"]["anyOf"]
    by_event, by_prediction = (schemas[way["$ref"].rpartition("/")[2]] for way in ways)
    assert set(by_event["required"]) == {"trip", "starts", "minute", "desk"}
    assert set(by_prediction["required"]) == {"prediction_id", "desk"}
    assert "trip" not in by_prediction["properties"]
