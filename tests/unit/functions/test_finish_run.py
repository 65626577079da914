"""The function finish_run on Step Functions' status change event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ghosteam.aws.retraining_lease import acquire_lease
from ghosteam.documents import state_keys
from ghosteam.runtime.settings import ChangeSettings
from tests.accounts import deployed_function, memory_account, queue_event

SETTINGS = ChangeSettings(environment_name="local", state_table="state", bus_name="default")
EVENT = json.loads((Path(__file__).parents[2] / "events" / "execution_failed.json").read_text())


def test_a_failed_execution_gives_its_lease_back_and_closes_its_run():
    with memory_account() as account, deployed_function("finish_run", SETTINGS) as function:
        run_id, execution = EVENT["detail"]["name"], EVENT["detail"]["executionArn"]
        acquire_lease(
            account.state,
            "flights",
            run_id=run_id,
            execution=execution,
            now=datetime(2024, 5, 20, 8, tzinfo=UTC),
        )
        assert function.handler(queue_event(EVENT), None) == {"batchItemFailures": []}
        assert account.state.get("flights", state_keys.RETRAINING_LEASE) is None
        run = account.state.get("flights", state_keys.RUNS / run_id)
        assert run is not None and run.data.status == "failed"
