"""The function collect_families as the state machine calls it."""

from __future__ import annotations

from ghosteam.documents import state_keys
from ghosteam.runtime.settings import RecordSettings
from tests import documents
from tests.accounts import deployed_function, memory_account

SETTINGS = RecordSettings(
    environment_name="local", state_table="state", artifact_bucket="artifacts"
)


def test_it_records_a_family_that_was_lost():
    failure = {"Error": "States.TaskFailed", "Cause": "exit code 137"}
    results = [{"family": "lightgbm"}, {"family": "xgboost", "failure": failure}]
    request = {"problem": "flights", "run_id": "r1", "results": results}
    with memory_account() as account, deployed_function("collect_families", SETTINGS) as function:
        account.state.create("flights", state_keys.RUNS / "r1", documents.run("r1"))
        answer = function.handler(request, None)
        assert answer["lost"] == {"xgboost": "States.TaskFailed: exit code 137"}
        assert account.artifacts.get_json("runs/flights/r1/families.json") == answer
