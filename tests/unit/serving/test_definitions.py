"""Folders change while models serve: each model is asked by what it learned, and callers may send
the old body or the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys, state_keys
from ghosteam.errors import InvalidInput
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.prediction_id import event_of
from ghosteam.steps.definitions import Definitions
from tests import documents
from tests.unit.serving.service import Service

Change = Callable[[dict[str, Any]], None]
Body = dict[str, Any]


def _with(folder: Problem, change: Change) -> Problem:
    document = written(folder)
    change(document)
    return parse_problem(yaml.safe_dump(document))


def _columns(document: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = document["datasets"]["flights"]["columns"]
    return columns


def _adds_a_request_column(document: dict[str, Any]) -> None:
    _columns(document)["aisle"] = "integer"
    document["features"]["request"].append("aisle")


def _removes_a_request_column(document: dict[str, Any]) -> None:
    document["features"]["request"].remove("distance")


def _renames_a_request_column(document: dict[str, Any]) -> None:
    _columns(document)["miles"] = _columns(document).pop("distance")
    request = document["features"]["request"]
    request[request.index("distance")] = "miles"


def _retypes_a_request_column(document: dict[str, Any]) -> None:
    _columns(document)["hour"] = {"type": "string"}


def _narrows_a_request_column(document: dict[str, Any]) -> None:
    _columns(document)["distance"] = {"type": "integer", "min": 1}


def _removes_a_join(document: dict[str, Any]) -> None:
    document["features"]["join"].remove("planes.seats")
    del document["datasets"]["planes"]


def _removes_a_window(document: dict[str, Any]) -> None:
    document["features"]["windows"].pop()


def _changes_the_target(document: dict[str, Any]) -> None:
    document["target"] |= {"name": "very_late", "expr": "arr_delay > 60"}
    for window in document["features"]["windows"]:
        window["of"] = "very_late"


_NEW_BODY: dict[Change, dict[str, Any]] = {
    _adds_a_request_column: {"aisle": 3},
    _removes_a_request_column: {"distance": None},
    _renames_a_request_column: {"distance": None, "miles": 1400},
    _retypes_a_request_column: {"hour": "5"},
    _narrows_a_request_column: {"distance": 1400},
    _removes_a_join: {"tailnum": None},
    _removes_a_window: {},
    _changes_the_target: {},
}
"""What callers send who follow the folder; None for what they send no more."""


def _body(instance: Body, change: dict[str, Any]) -> Body:
    new = {name: value for name, value in {**instance, **change}.items() if value is not None}
    return {"instances": [new]}


@pytest.fixture
def learned(artifacts: Objects) -> Callable[[Problem], str]:
    """Keeps a definition that a model learned by."""

    return lambda problem: documents.keep_definition(artifacts, problem)


Serve = Callable[[Problem], Service]


def _serving(serve: Serve, folder: Problem, definition: str) -> Service:
    """The folder's service, whose champion learned by ``definition``."""
    service = serve(folder)
    routing = documents.routing(documents.slot("1", definition=definition))
    service.state.create("flights", state_keys.ROUTING, routing)
    return service


@pytest.mark.parametrize("change", _NEW_BODY)
def test_a_model_is_asked_what_it_learned_whatever_the_folder_says(
    change: Change,
    serve: Serve,
    flights: Problem,
    learned: Any,
    http_event: Any,
    instance: Body,
) -> None:
    folder = _with(flights, change)
    service = _serving(serve, folder, learned(flights))
    for body in (_body(instance, {}), _body(instance, _NEW_BODY[change])):
        status, answer = service.call(http_event("predict", body=body))
        assert status == 200, (body, answer)
    (_, (old,)), (_, (new,)) = service.runtime.calls
    assert list(old) == list(new) == list(flights.feature_names)
    assert old["distance"] == 1400.0
    assert new["hour"] == 5  # whether it was sent as a text or as a number
    dropped = {name for name, value in _NEW_BODY[change].items() if value is None}
    told = " ".join(answer["notes"])
    assert ("distance" in told) == ("distance" in dropped)
    record = service.records[-1]
    assert record["features"].keys() == set(flights.logged_features)


@pytest.mark.parametrize("change", _NEW_BODY)
def test_champion_and_challenger_of_two_definitions_answer_old_and_new_bodies(
    change: Change,
    serve: Serve,
    flights: Problem,
    learned: Any,
    http_event: Any,
    instance: Body,
) -> None:
    folder = _with(flights, change)
    service = serve(folder)
    routing = documents.routing(
        documents.slot("1", definition=learned(flights)),
        documents.challenger("2", percent=50, definition=learned(folder)),
    )
    service.state.create("flights", state_keys.ROUTING, routing)
    versions = set()
    for number in range(1, 21):
        for more in ({}, _NEW_BODY[change]):
            body = _body({**instance, "flight": number}, more)
            status, answer = service.call(http_event("predict", body=body))
            assert status == 200, (body, answer)
            versions.add(answer["predictions"][0]["model_version"])
    assert versions == {"1", "2"}
    for endpoint, (row,) in service.runtime.calls:
        asked = flights if endpoint == "slot-1" else folder
        assert list(row) == list(asked.feature_names)


def test_what_no_definition_knows_is_refused_and_what_all_need_is_needed(
    serve: Serve, flights: Problem, learned: Any, http_event: Any, instance: Body
) -> None:
    service = serve(_with(flights, _renames_a_request_column))
    routing = documents.routing(documents.slot("1", definition=learned(flights)))
    service.state.create("flights", state_keys.ROUTING, routing)
    status, answer = service.call(http_event("predict", body=_body(instance, {"legs": 1})))
    assert (status, answer["where"]) == (400, {"row": 0, "field": "legs"})
    status, answer = service.call(http_event("predict", body=_body(instance, {"dest": None})))
    assert (status, answer["where"]) == (400, {"row": 0, "field": "dest"})
    assert answer["remedy"] == "Add the field"


def test_once_the_new_model_serves_alone_its_own_columns_are_needed(
    serve: Serve, flights: Problem, learned: Any, http_event: Any, instance: Body
) -> None:
    folder = _with(flights, _renames_a_request_column)
    service = serve(folder)
    routing = documents.routing(documents.slot("2", definition=learned(folder)))
    service.state.create("flights", state_keys.ROUTING, routing)
    status, answer = service.call(http_event("predict", body=_body(instance, {})))
    assert (status, answer["where"]["field"]) == (400, "miles")
    new = _body(instance, _NEW_BODY[_renames_a_request_column])
    assert service.call(http_event("predict", body=new))[0] == 200


def test_a_model_is_judged_by_the_folders_gates_hold_out_and_budget(
    artifacts: Objects, flights: Problem
) -> None:
    """What says how a model is worked on takes effect for those that serve, too."""

    def edit(document: dict[str, Any]) -> None:
        document["promote"]["at_least"] = 0.9
        document["holdout"] = "28d"
        document["model"] = {"trials": 99}
        _removes_a_window(document)

    slot = documents.slot("1", definition=documents.keep_definition(artifacts, flights))
    folder = _with(flights, edit)
    meant = Definitions(artifacts).of(slot, folder)
    assert meant.promote == folder.promote and meant.promote.at_least == 0.9
    assert (meant.holdout, meant.model.trials) == (folder.holdout, 99)
    assert meant.features == flights.features != folder.features


def test_a_definition_that_was_changed_is_not_believed(
    serve: Serve,
    flights: Problem,
    learned: Any,
    artifacts: Objects,
    http_event: Any,
    instance: Body,
) -> None:
    service = serve(_with(flights, _removes_a_window))
    digest = learned(flights)
    forged = {**written(flights), "exclude": []}
    artifacts.put_json(keys.definition("flights", digest), forged)
    routing = documents.routing(documents.slot("1", definition=digest))
    service.state.create("flights", state_keys.ROUTING, routing)
    status, answer = service.call(http_event("predict", body=_body(instance, {})))
    assert status == 500
    assert "definition" not in answer["message"]


def test_a_challenger_without_its_definition_costs_nobody_an_answer(
    serve: Serve, flights: Problem, learned: Any, http_event: Any, instance: Body
) -> None:
    service = serve(flights)
    routing = documents.routing(
        documents.slot("1", definition=learned(flights)),
        documents.challenger("2", percent=100, definition="0" * 64),
    )
    service.state.create("flights", state_keys.ROUTING, routing)
    status, answer = service.call(http_event("predict", body=_body(instance, {})))
    assert (status, answer["predictions"][0]["model_version"]) == (200, "1")


@pytest.mark.parametrize("change", _NEW_BODY)
def test_a_definition_is_read_back_as_it_was_written(change: Change, flights: Problem) -> None:
    changed = _with(flights, change)
    assert read(written(changed)) == changed
    assert digest_of(written(changed)) != digest_of(written(flights))
    document = written(flights)
    backwards = dict(reversed(list(document.items())))
    assert digest_of(backwards) == digest_of(document)


def _names_flights_by_their_number(document: dict[str, Any]) -> None:
    document["datasets"]["flights"]["id"] = ["carrier", "flight", "year", "month", "day"]


@pytest.mark.parametrize("change", [*_NEW_BODY, _names_flights_by_their_number])
def test_a_prediction_leads_to_its_event_as_the_folder_names_it(
    change: Change,
    serve: Serve,
    flights: Problem,
    learned: Any,
    http_event: Any,
    instance: Body,
) -> None:
    folder = _with(flights, change)
    service = _serving(serve, folder, learned(flights))
    for body in (_body(instance, {}), _body(instance, _NEW_BODY.get(change, {}))):
        _, answer = service.call(http_event("predict", body=body))
        [prediction] = answer["predictions"]
        named = event_of(prediction["prediction_id"], folder)
        assert tuple(named) == folder.label_key
        assert named == {name: body["instances"][0][name] for name in named}


def test_a_row_that_does_not_hold_the_folders_names_yet_is_named_as_the_model_knows_it(
    serve: Serve, flights: Problem, learned: Any, http_event: Any, instance: Body
) -> None:
    def change(document: dict[str, Any]) -> None:
        _columns(document)["booking"] = "string"
        document["datasets"]["flights"]["id"] = ["booking"]

    folder = _with(flights, change)
    service = _serving(serve, folder, learned(flights))
    _, old = service.call(http_event("predict", body=_body(instance, {})))
    _, new = service.call(http_event("predict", body=_body(instance, {"booking": "b7"})))
    ids = [answer["predictions"][0]["prediction_id"] for answer in (old, new)]
    assert event_of(ids[0], flights)["carrier"] == instance["carrier"]
    with pytest.raises(InvalidInput, match="events are named by"):
        event_of(ids[0], folder)
    assert event_of(ids[1], folder)["booking"] == "b7"
