"""The function collect_families as the state machine calls it."""

from __future__ import annotations

from ghosteam.aws.retraining_lease import new_run
from ghosteam.runtime.settings import RecordSettings
from tests.accounts import deployed_function, memory_account

SETTINGS = RecordSettings(
    environment_name="local", state_table="state", bus_name="default", artifact_bucket="artifacts"
)


def test_it_records_a_family_that_was_lost():
    failure = {"Error": "States.TaskFailed", "Cause": "exit code 137"}
    results = [{"family": "lightgbm"}, {"family": "xgboost", "failure": failure}]
    request = {"problem": "flights", "run_id": "r1", "results": results}
    with memory_account() as account, deployed_function("collect_families", SETTINGS) as function:
        account.state.create(
            "flights", "run#r1", new_run("r1", reason={}, as_of="a", started_at="s")
        )
        answer = function.handler(request, None)
        assert answer["lost"] == {"xgboost": "States.TaskFailed: exit code 137"}
        assert account.artifacts.get_json("runs/flights/r1/families.json") == answer
