"""Derived features in requests: made here, never sent, logged, and asked as each model learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ghosteam.errors import InvalidInput
from ghosteam.features.online import OnlineRow
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import request_model
from ghosteam.serving.request_form import RequestForm
from ghosteam.steps.asked_rows import features_of
from tests.unit.serving.service import Service

Serve = Callable[[Problem], Service]
DERIVED = [
    {"name": "night", "expr": "hour < 6 OR weather.visib < 2"},
    {"name": "knots", "expr": "distance / (minute - 15)"},
    {"name": "route", "expr": "origin || '-' || dest"},
]


def _with(flights: Problem, *derived: dict[str, Any], request: tuple[str, ...] = ()) -> Problem:
    document = written(flights)
    document["features"]["derived"] = list(derived)
    if request:
        document["features"]["request"] = list(request)
        document["promote"]["slices"] = list(request)
    return parse_problem(yaml.safe_dump(document))


def test_a_request_is_answered_with_what_follows_from_it_and_the_log_has_it(
    serve: Serve, flights: Problem, http_event: Any, instance: dict[str, Any]
) -> None:
    folder = _with(flights, *DERIVED)
    service = serve(folder)
    service.serves()
    later = {**instance, "hour": 9, "minute": 45}
    status, answer = service.call(
        http_event("predict", body={"instances": [instance, later, {**instance, "hour": 3}]})
    )
    assert status == 200, answer
    [(_, rows)] = service.runtime.calls
    assert [tuple(row) for row in rows] == [folder.feature_names] * 3
    found = [(row["night"], row["knots"], row["route"]) for row in rows]
    assert instance["minute"] == 15 and instance["hour"] == 5
    distance = instance["distance"]
    # Of the weather nothing is known: hour < 6 decides alone where it is true.
    assert found == [
        (1.0, None, "EWR-IAH"),
        (None, distance / 30, "EWR-IAH"),
        (1.0, None, "EWR-IAH"),
    ]
    assert [record["features"] for record in service.records] == rows


def test_a_derived_feature_that_is_sent_is_refused_by_name(
    serve: Serve, flights: Problem, http_event: Any, instance: dict[str, Any]
) -> None:
    service = serve(_with(flights, *DERIVED))
    service.serves()
    body = {"instances": [{**instance, "route": "EWR-IAH"}]}
    status, answer = service.call(http_event("predict", body=body))
    assert status == 400 and answer["where"]["field"] == "route"


def test_what_callers_send_is_described_with_what_is_read_and_without_what_is_made(
    flights: Problem,
) -> None:
    folder = _with(flights, *DERIVED, request=("carrier",))
    schema = request_model(folder).model_json_schema()
    properties = schema["$defs"]["FlightsInstance"]["properties"]
    assert {"distance", "dest", "hour"} <= properties.keys()
    assert properties.keys().isdisjoint({"night", "knots", "route", "weather__visib"})


def test_each_model_derives_as_it_learned_and_what_is_not_sent_is_null(
    flights: Problem, instance: dict[str, Any]
) -> None:
    learned = _with(flights, {"name": "far", "expr": "distance > 1000"}, request=("carrier",))
    folder = _with(flights, {"name": "far", "expr": "distance > 2000"}, request=("carrier",))
    plain = _with(flights, request=("carrier",))
    assert digest_of(written(learned)) != digest_of(written(folder))

    def asked(body: dict[str, Any], form: RequestForm, problem: Problem) -> Any:
        [row] = form.asked(form.rows({"instances": [body]}), problem)
        online = OnlineRow(dict.fromkeys(problem.features.looked_up), {})
        found = features_of(problem, [row.values], [], [online])
        return found[0].get("far"), row.lacking

    instance = {name: instance[name] for name in folder.request_columns}
    both = RequestForm(folder, [learned])
    assert instance["distance"] == 1400
    assert asked(instance, both, learned) == (1.0, ())
    assert asked(instance, both, folder) == (0.0, ())
    without = {name: value for name, value in instance.items() if name != "distance"}
    going = RequestForm(plain, [learned])
    assert asked(without, going, learned) == (None, ("distance",))
    with pytest.raises(ValueError, match="distance"):
        both.rows({"instances": [without]})


def test_a_column_that_is_known_too_late_is_not_derived_from(flights: Problem) -> None:
    with pytest.raises(InvalidInput, match="'air_time' is excluded as known too late, but a reads"):
        _with(flights, {"name": "a", "expr": "distance / air_time"})
