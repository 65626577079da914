"""What a changed folder makes necessary, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ghosteam.documents.change import Change
from ghosteam.problem.definition import written
from ghosteam.problem.load import load_problem, parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import DatasetSize, Folder, plan_change

ROOT = Path(__file__).parents[3]
NOW = datetime(2013, 7, 1, tzinfo=UTC)
HELD = {
    "flights": DatasetSize(7, 90_000),
    "weather": DatasetSize(3, 6_000),
    "planes": DatasetSize(1, 3_300),
}
Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def flights() -> Problem:
    return load_problem(ROOT / "feature_repo" / "flights")


def edited(folder: Problem, edit: Edit) -> Problem:
    document = written(folder)
    edit(document)
    return parse_problem(yaml.safe_dump(document))


def _nothing(_: dict[str, Any]) -> None:
    """The folder stays as it is."""


def _another_budget(document: dict[str, Any]) -> None:
    document["model"] = {"trials": 99}


def _a_longer_holdout(document: dict[str, Any]) -> None:
    document["holdout"] = "28d"


def _a_harder_gate(document: dict[str, Any]) -> None:
    document["promote"]["at_least"] = 0.7


def _an_example(document: dict[str, Any]) -> None:
    document["datasets"]["flights"]["columns"]["dest"]["example"] = "ORD"


def _another_limit_of_bad_rows(document: dict[str, Any]) -> None:
    document["datasets"]["flights"]["reject_over"] = 0.5


def _a_column_nobody_uses(document: dict[str, Any]) -> None:
    document["datasets"]["planes"]["columns"]["speed"] = "integer?"


def _a_bound(document: dict[str, Any]) -> None:
    document["datasets"]["weather"]["columns"]["temp"]["max"] = 120


def _a_request_feature(document: dict[str, Any]) -> None:
    document["features"]["request"].append("sched_arr_time")


def _a_joined_column(document: dict[str, Any]) -> None:
    document["features"]["join"].append("planes.engines")


def _a_derived_feature(document: dict[str, Any]) -> None:
    document["features"]["derived"] = [{"name": "far", "expr": "distance > weather.visib"}]


def _one_derived_of_what_nobody_read(document: dict[str, Any]) -> None:
    expr = "sched_arr_time * planes.engines"
    document["features"]["derived"] = [{"name": "late_engines", "expr": expr}]


def _another_window(document: dict[str, Any]) -> None:
    document["features"]["windows"].append(
        {"name": "plane_late_30d", "by": ["tailnum"], "aggregate": "mean", "of": "late"}
        | {"over": "30d", "min_rows": 1}
    )


def _a_renamed_window(document: dict[str, Any]) -> None:
    document["features"]["windows"][0]["name"] = "carrier_late_week"


def _a_longer_window(document: dict[str, Any]) -> None:
    document["features"]["windows"][0]["over"] = "14d"


def _a_window_over_facts(document: dict[str, Any]) -> None:
    columns = {"carrier": "string", "at": "timestamp"}
    facts = {"role": "facts", "key": ["carrier"], "time": "at", "columns": columns}
    document["datasets"]["strikes"] = facts
    window = {"name": "strikes_7d", "from": "strikes", "by": ["carrier"], "count": "rows"}
    document["features"]["windows"].append({**window, "over": "7d"})


def _a_later_known_lookup(document: dict[str, Any]) -> None:
    document["datasets"]["weather"]["known_after"] = "2h"


def _a_path(document: dict[str, Any]) -> None:
    document["datasets"]["planes"]["columns"]["home"] = "string?"
    document["datasets"]["weather"]["through"] = {"origin": "planes.home"}


def _another_type(document: dict[str, Any]) -> None:
    document["datasets"]["planes"]["columns"]["seats"] = "number?"


def _another_target(document: dict[str, Any]) -> None:
    document["target"]["expr"] = "arr_delay > 30"


def _another_entity(document: dict[str, Any]) -> None:
    document["entities"] = {"route": ["origin", "dest"]}


_EXPECTED: dict[Edit, set[tuple[str, str]]] = {
    _nothing: set(),
    _another_budget: set(),
    _a_longer_holdout: set(),
    _a_harder_gate: set(),
    _an_example: set(),
    _another_limit_of_bad_rows: set(),
    _a_column_nobody_uses: {("read", "planes"), ("validate", "planes")},
    _a_bound: {("validate", "weather")},
    _a_request_feature: {("retrain", "flights"), ("callers", "flights")},
    _a_joined_column: {("rebuild", "planes"), ("retrain", "flights")},
    _a_derived_feature: {("retrain", "flights")},
    _one_derived_of_what_nobody_read: {
        ("rebuild", "planes"),
        ("retrain", "flights"),
        ("callers", "flights"),
    },
    # All windows are made in one pass, so they have one version.
    _another_window: {
        ("rebuild", "carrier_late_7d"),
        ("rebuild", "dest_late_7d"),
        ("rebuild", "plane_late_30d"),
        ("retrain", "flights"),
    },
    _a_renamed_window: {
        ("rebuild", "carrier_late_week"),
        ("rebuild", "dest_late_7d"),
        ("retrain", "flights"),
    },
    _a_longer_window: {
        ("rebuild", "carrier_late_7d"),
        ("rebuild", "dest_late_7d"),
        ("retrain", "flights"),
    },
    # Nothing has landed of them, and windows over events are not touched.
    _a_window_over_facts: {("retrain", "flights")},
    # What is validated again brings its views up to date.
    _a_later_known_lookup: {("validate", "weather"), ("retrain", "flights")},
    # What a key is told by is looked up where it stands, and what is found by it is keyed anew.
    _a_path: {
        ("read", "planes"),
        ("validate", "planes"),
        ("rebuild", "weather"),
        ("retrain", "flights"),
    },
    _another_type: {("read", "planes"), ("validate", "planes"), ("retrain", "flights")},
    _another_target: {("validate", "flights"), ("retrain", "flights")},
    _another_entity: {("validate", "flights"), ("retrain", "flights")},
}


def _done(change: Change) -> set[tuple[str, str]]:
    return {(stage.kind, stage.subject) for stage in change.stages if stage.skipped is None}


def change_of(before: Problem | None, after: Problem | None, **more: Any) -> Change:
    folders = [None if one is None else Folder(one) for one in (before, after)]
    return plan_change("flights", *folders, **{"held": HELD, "serves": True, "now": NOW, **more})


@pytest.mark.parametrize("edit", _EXPECTED, ids=lambda edit: edit.__name__.strip("_"))
def test_what_is_made_anew_is_what_would_be_made_otherwise(edit: Edit, flights: Problem) -> None:
    assert _done(change_of(flights, edited(flights, edit))) == _EXPECTED[edit]
    back = _done(change_of(edited(flights, edit), flights))
    kinds = {kind for kind, _ in _EXPECTED[edit]}
    # Backwards, what came is only taken away: no view is new, and no column is read that was not.
    gone = {_another_window: {"rebuild"}, _a_column_nobody_uses: {"read", "validate"}}
    assert {kind for kind, _ in back} | gone.get(edit, set()) >= kinds


_LATER = (
    "features, outcomes and what they come from are the same; what else was changed takes effect "
    "with the next run or rollout"
)
_LONGER = ", a longer hold-out once outcomes reach 2w further than the champion's"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (_nothing, _LATER.partition(";")[0]),
        (_another_budget, _LATER),
        (_a_harder_gate, _LATER),
        (_a_longer_holdout, _LATER + _LONGER),
    ],
    ids=lambda one: getattr(one, "__name__", "").strip("_"),
)
def test_what_asks_for_no_new_model_says_when_it_takes_effect(
    edit: Edit, told: str, flights: Problem
) -> None:
    [retrain] = [
        one for one in change_of(flights, edited(flights, edit)).stages if one.kind == "retrain"
    ]
    assert retrain.skipped == told
    assert (retrain.minutes, retrain.usd) == (0, 0)


def test_contract_code_that_was_changed_validates_its_data_sets_again(flights: Problem) -> None:
    change = plan_change(
        "flights",
        Folder(flights, "1"),
        Folder(flights, "2"),
        held=HELD,
        serves=True,
        now=NOW,
    )
    assert _done(change) == {("validate", "flights")}  # the one with a contract of its own
    assert "the contract's code was changed" in change.differences


def test_a_stage_says_how_much_it_works_on_and_one_without_work_says_why(
    flights: Problem,
) -> None:
    change = change_of(flights, edited(flights, _another_target))
    [validate] = [stage for stage in change.stages if stage.kind == "validate"]
    assert (validate.batches, validate.rows) == (7, 90_000)
    assert validate.minutes > 0
    empty = change_of(flights, edited(flights, _another_target), held={}, serves=False)
    assert _done(empty) == set()
    assert {stage.skipped for stage in empty.stages if stage.kind == "validate"} == {
        "there are no batches yet"
    }
    assert all(stage.skipped for stage in empty.stages)


def test_callers_are_told_what_to_send_and_what_not(flights: Problem) -> None:
    [told] = [
        stage
        for stage in change_of(flights, edited(flights, _a_request_feature)).stages
        if stage.kind == "callers"
    ]
    assert told.why.startswith("send sched_arr_time before the new model serves alone")
    [back] = [
        stage
        for stage in change_of(edited(flights, _a_request_feature), flights).stages
        if stage.kind == "callers"
    ]
    assert back.why.startswith("sched_arr_time may be left out now")


def test_callers_are_told_of_what_becomes_null_in_a_whole_data_set(flights: Problem) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["datasets"]["flights"]["null_values"] = ["", "UA"]

    change = change_of(flights, edited(flights, edit))
    [told] = [stage for stage in change.stages if stage.kind == "callers"]
    assert told.skipped is None
    assert told.why.endswith("old and new values are taken until the new model serves alone")
    assert "carrier" in told.why


def test_a_removed_problem_is_retired_and_a_new_one_needs_nothing(flights: Problem) -> None:
    assert _done(change_of(flights, None)) == {("retire", "flights"), ("remove", "flights")}
    assert _done(change_of(flights, None, serves=False)) == {("remove", "flights")}
    new = change_of(None, flights, held={})
    assert (new.stages, new.differences) == ((), ("the problem is new",))
    assert new.before is None
