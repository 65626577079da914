"""Folders that change under traffic: no request fails, what a change makes necessary is done, and a
model that learned by the new folder takes over; the same backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ghosteam.documents import keys, state_keys
from ghosteam.documents.change import Change
from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.problem.yaml_file import Loader
from tests.flow import slice as sample
from tests.flow.calls import Traffic
from tests.flow.checkout import copy_checkout, deploy_from
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = [pytest.mark.flow, pytest.mark.long]
Document = dict[str, Any]
Edit = Callable[[Document], None]


class Folder:
    """The folder of flights in a copy of the checkout, to be changed and deployed."""

    def __init__(self, world: World, checkout: Path) -> None:
        self._world, self._checkout = world, checkout
        self.path = checkout / "feature_repo" / "flights"
        self.text = (self.path / "problem.yaml").read_text()

    @property
    def digest(self) -> str:
        """Of the definition as the environment ``local`` has it."""
        return digest_of(written(load_problem(self.path, environment="local")))

    def deploy(self, edit: Edit | None = None) -> None:
        """Deploy the folder as it was, with an edit. What a change makes of the models is what is
        looked at: no person is asked, and how good they are is up to seconds of search.
        """
        document = yaml.load(self.text, Loader=Loader)
        document["promote"]["when_champion_unusable"] = "promote"
        document["promote"]["beat_champion"]["when_changed"] = -0.1
        if edit:
            edit(document)
        (self.path / "problem.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        deploy_from(self._checkout, self._world.state_dir)


@pytest.fixture
def folder(world: World, champion: Slot, tmp_path: Path) -> Folder:
    return Folder(world, copy_checkout(tmp_path))


def _routing(world: World) -> Routing:
    found = world.state.find("flights", state_keys.ROUTING)
    assert found is not None
    return found


def _asked_by(world: World) -> Problem:
    """The problem as the champion learned it."""
    champion = _routing(world).champion
    assert champion is not None and champion.definition is not None
    return read(world.artifacts.get_json(keys.definition("flights", champion.definition)))


def _change(world: World) -> Change:
    """The newest."""
    return list(world.state.list("flights", state_keys.CHANGES))[-1].data


@contextmanager
def _unharmed(world: World, rows: list[dict[str, Any]]) -> Iterator[None]:
    """Traffic of old bodies, none of which may fail."""
    with Traffic(world, rows) as traffic:
        yield
    assert traffic.failures == []
    assert traffic.answered > 20


def _serves_by(world: World, digest: str) -> Slot:
    """The champion that learned by a definition, once it is there."""
    found: Slot = world.eventually(
        "champion of the new definition",
        lambda: (
            (champion := _routing(world).champion) and champion.definition == digest and champion
        ),
        logs_of=(
            "publish_definitions",
            "ingest_file",
            "validate_batch",
            "materialize_features",
            "decide_retraining",
            "register_model",
        ),
        within=600,
    )
    return found


def _everything_at_once(document: Document) -> None:
    """A request column, a join and a window come, a window goes, a column is retyped, the contract
    is narrowed.
    """
    flights, features = document["datasets"]["flights"], document["features"]
    flights["columns"]["distance"] = {"type": "integer", "min": 1, "max": 12000, "example": 1400}
    flights["columns"]["air_time"]["min"] = 20
    features["request"].append("sched_arr_time")
    features["join"].append("planes.engines")
    features["windows"] = [
        {"name": "carrier_late_14d", "by": ["carrier"], "rate": "late", "over": "14d"},
        {"name": "dest_late_7d", "by": ["dest"], "rate": "late", "over": "7d"},
    ]


def test_a_changed_folder_is_carried_out_under_traffic_and_taken_back(
    world: World, champion: Slot, folder: Folder
) -> None:
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 20)
    before = _routing(world).champion
    assert before is not None and before.definition == folder.digest
    with _unharmed(world, rows):
        folder.deploy(_everything_at_once)
        change = _change(world)
        done = {(stage.kind, stage.subject) for stage in change.stages if not stage.skipped}
        assert done >= {
            ("read", "flights"),
            ("validate", "flights"),
            ("rebuild", "planes"),
            ("retrain", "flights"),
            ("callers", "flights"),
        }
        serving = _serves_by(world, folder.digest)
    assert serving.version != before.version
    evaluation = world.artifacts.get_json(
        f"runs/flights/{serving.run_id}/evaluation/evaluation.json"
    )
    # The champion was asked by its own features: the two were compared.
    assert evaluation["champion"]["metrics"], evaluation["reasons"]
    new = [{**row, "sched_arr_time": 819} for row in rows]

    def answered() -> Document | None:
        """By the new model alone: which model serves is remembered for a second."""
        answer = world.api.request("POST", "/v1/flights/predict", json={"instances": new})
        assert answer.status_code == 200, answer.text
        body: Document = answer.json()
        versions = {one["model_version"] for one in body["predictions"]}
        return body if versions == {serving.version} else None

    assert world.eventually("answers of the new model", answered, within=10)["notes"] == []
    asked = world.problem.request_columns
    assert "sched_arr_time" not in asked
    with _unharmed(world, new):
        folder.deploy()
        back = _serves_by(world, folder.digest)
    assert back.version != serving.version
    world.rest()


def _adds_a_request_column(document: Document) -> None:
    document["features"]["request"].append("sched_arr_time")


def _removes_a_request_column(document: Document) -> None:
    document["features"]["request"].remove("distance")


def _renames_a_request_column(document: Document) -> None:
    document["features"]["request"].remove("hour")
    document["features"]["request"].append("sched_dep_time")


def _adds_a_join(document: Document) -> None:
    document["features"]["join"].append("planes.engines")


def _removes_a_join(document: Document) -> None:
    document["features"]["join"].remove("planes.seats")


def _renames_a_join(document: Document) -> None:
    columns = document["datasets"]["planes"]["columns"]
    columns["capacity"] = {**columns.pop("seats"), "from": "seats"}
    document["features"]["join"].remove("planes.seats")
    document["features"]["join"].append("planes.capacity")


def _adds_a_window(document: Document) -> None:
    window = {"name": "origin_late_3d", "by": ["origin"], "rate": "late", "over": "3d"}
    document["features"]["windows"].append(window)


def _removes_a_window(document: Document) -> None:
    document["features"]["windows"].pop()


def _renames_a_window(document: Document) -> None:
    document["features"]["windows"][0]["name"] = "carrier_delay_7d"


def _widens_a_column(document: Document) -> None:
    document["datasets"]["flights"]["columns"]["hour"] = {"type": "number", "min": 0, "max": 24}


def _narrows_a_column(document: Document) -> None:
    document["datasets"]["flights"]["columns"]["distance"] = {"type": "integer", "min": 1}


def _retypes_a_column(document: Document) -> None:
    document["datasets"]["planes"]["columns"]["seats"] = {"type": "number", "nullable": True}


def _changes_the_target(document: Document) -> None:
    document["target"]["expr"] = "arr_delay > 30"


def _changes_the_entity(document: Document) -> None:
    document["entities"] = {"route": ["origin", "dest"]}


def _changes_a_contract_rule(document: Document) -> None:
    document["datasets"]["flights"]["columns"]["air_time"]["min"] = 30


def _removes_a_data_set(document: Document) -> None:
    del document["datasets"]["planes"]
    document["features"]["join"] = [
        join for join in document["features"]["join"] if not join.startswith("planes.")
    ]


def _renames_a_data_set(document: Document) -> None:
    document["datasets"]["aircraft"] = document["datasets"].pop("planes")
    document["features"]["join"] = [
        join.replace("planes.", "aircraft.") for join in document["features"]["join"]
    ]


_CHANGES: tuple[Edit, ...] = (
    _adds_a_request_column,
    _removes_a_request_column,
    _renames_a_request_column,
    _adds_a_join,
    _removes_a_join,
    _renames_a_join,
    _adds_a_window,
    _removes_a_window,
    _renames_a_window,
    _widens_a_column,
    _narrows_a_column,
    _retypes_a_column,
    _changes_the_target,
    _changes_the_entity,
    _changes_a_contract_rule,
    _removes_a_data_set,
    _renames_a_data_set,
)


def _named(edit: Edit | None) -> str:
    return edit.__name__.strip("_") if edit else "takes_the_last_one_back"


@pytest.mark.parametrize("edit", [*_CHANGES, None], ids=_named)
def test_each_change_ends_in_a_model_of_the_new_folder_and_so_does_its_way_back(
    world: World, champion: Slot, folder: Folder, edit: Edit | None
) -> None:
    """Each takes back the one before it, the last one the last of them."""
    rows = sample.requests(_asked_by(world), moment(4, 1), moment(4, 2), 20)
    valid = _valid_rows(world)
    with _unharmed(world, rows):
        folder.deploy(edit)
        if edit is _renames_a_data_set:
            world.drop("aircraft", "planes.csv", sample.planes_csv())
        _serves_by(world, folder.digest)
    if edit is _changes_a_contract_rule:
        done = [stage.subject for stage in _change(world).stages if stage.kind == "validate"]
        assert done == ["flights"]
        assert 0 < _valid_rows(world) < valid, "newly bad rows have left"
    elif edit is _CHANGES[_CHANGES.index(_changes_a_contract_rule) + 1]:
        assert _valid_rows(world) > valid, "and come back with the rule"
    world.rest()


def _valid_rows(world: World) -> int:
    batches = world.ledger.active("flights", "flights")
    return sum(batch.valid_rows or 0 for batch in batches)
