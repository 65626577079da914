"""What became of each family is on record; without any the run fails and names every reason."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.digests import Digests
from ghosteam.documents.trained_families import TrainedFamilies
from ghosteam.errors import Defect, Transient
from ghosteam.retraining.failures import reason_of
from ghosteam.steps.collect_families import collect_families
from tests import documents

CRASHED = {
    "Error": "States.TaskFailed",
    "Cause": json.dumps(
        {"TrainingJobName": "gt-x", "FailureReason": "AlgorithmError: out of memory"}
    ),
}
NO_ROOM = {
    "Error": "States.TaskFailed",
    "Cause": json.dumps(
        {"TrainingJobName": "gt-l", "FailureReason": "CapacityError: no ml.m5.xlarge"}
    ),
}


@pytest.fixture
def collect(account):
    run = documents.run("r1")
    account.state.create("flights", state_keys.RUNS / "r1", run)
    return lambda *results: collect_families(
        "flights", "r1", results, artifacts=account.artifacts, state=account.state
    )


def test_a_lost_family_is_named_with_its_reason_and_the_others_go_on(account, collect):
    found = collect({"family": "lightgbm"}, {"family": "xgboost", "failure": CRASHED})
    lost = {"xgboost": "AlgorithmError: out of memory"}
    assert found == TrainedFamilies(("lightgbm",), lost)
    assert account.artifacts.get_json("runs/flights/r1/families.json") == found.to_json()
    assert account.state.get("flights", state_keys.RUNS / "r1").data.lost == lost


def test_without_a_family_the_run_fails_and_names_each_reason(account, collect):
    with pytest.raises(Defect) as caught:
        collect(
            {"family": "lightgbm", "failure": NO_ROOM}, {"family": "xgboost", "failure": CRASHED}
        )
    text = str(caught.value)
    assert "lightgbm: CapacityError" in text and "out of memory" in text
    assert set(account.state.get("flights", state_keys.RUNS / "r1").data.lost) == {
        "lightgbm",
        "xgboost",
    }


def test_a_long_reason_leaves_room_for_the_others(collect):
    long = {"Error": "States.TaskFailed", "Cause": "x" * 5000}
    with pytest.raises(Defect) as caught:
        collect(*({"family": name, "failure": long} for name in ("lightgbm", "sklearn", "xgboost")))
    told = reason_of("Defect", json.dumps({"errorMessage": str(caught.value)}))
    assert all(f"{name}: " in told for name in ("lightgbm", "sklearn", "xgboost"))


def test_when_capacity_alone_was_missing_a_later_attempt_may_go_better(collect):
    with pytest.raises(Transient, match="No family could be trained"):
        collect({"family": "lightgbm", "failure": NO_ROOM})


def test_a_repeat_leaves_the_same(account, collect):
    results = [{"family": "lightgbm"}, {"family": "xgboost", "failure": CRASHED}]
    assert collect(*results) == collect(*results)


def test_the_models_are_put_on_record_before_anything_reads_them(account, collect):
    key = "runs/flights/r1/models/gt-l/output/model.tar.gz"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("model.json")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"{}"))
    account.artifacts.put(key, buffer.getvalue())
    account.artifacts.put("runs/flights/r1/models/gt-l/output/output.tar.gz", b"something else")
    collect({"family": "lightgbm"})
    digest = {key: hashlib.sha256(b"{}").hexdigest()}
    assert account.state.get("flights", state_keys.RUNS / "r1").data.digests == digest
    kept = account.artifacts.get_json("runs/flights/r1/digests.json")
    assert Digests.from_json(kept).by_key == digest
