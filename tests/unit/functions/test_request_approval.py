"""The rollout task that asks people."""

from types import SimpleNamespace

import boto3

from ghosteam.documents import state_keys
from tests.unit.serving.builders import APPROVAL, deployed, write_run


def test_the_token_waits_in_the_state_table() -> None:
    with deployed("request_approval", APPROVAL) as (function, state, artifacts):
        boto3.client("sns").create_topic(Name="alerts")
        write_run(state, artifacts, "run-2")
        function.handler(
            {"problem": "flights", "version": "2", "run_id": "run-2", "token": "T"},
            SimpleNamespace(),
        )
        asked = state.get("flights", state_keys.APPROVAL)
        assert asked is not None
        assert (asked.data.version, asked.data.token) == ("2", "T")
