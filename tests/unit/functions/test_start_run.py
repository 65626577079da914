"""The function start_run as the state machine calls it."""

from __future__ import annotations

from datetime import UTC, datetime

from ghosteam.runtime.settings import RunSettings
from tests.accounts import deployed_function, memory_account

SETTINGS = RunSettings(
    environment_name="local",
    state_table="state",
    bus_name="default",
    lake_bucket="lake",
    artifact_bucket="artifacts",
    online_prefix="ghosteam_local",
    name_prefix="gt-local",
)


def test_it_takes_the_lease_and_tells_the_machine_the_environments_search_budget():
    request = {
        "problem": "flights",
        "run_id": "20130401T0359-readiness-abc123",
        "reason": {"trigger": "readiness", "detail": "d"},
        "as_of": "2013-04-01T03:59:00+00:00",
    }
    with memory_account() as account, deployed_function("start_run", SETTINGS) as function:
        account.add_first_quarter()
        account.put_online(at=datetime(2013, 4, 1, tzinfo=UTC))
        answer = function.handler({"request": request, "execution": "arn:execution"}, None)
        plan = account.artifacts.get_json("runs/flights/20130401T0359-readiness-abc123/plan.json")
    assert (
        answer["families"][0]["family"] == "lightgbm" and answer["families"][0]["seconds"].isdigit()
    )
    assert plan["lake_bucket"] == "lake" and plan["online_prefix"] == "ghosteam_local"
