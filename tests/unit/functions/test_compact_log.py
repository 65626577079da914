"""The function compact_log, as its schedule calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ghosteam.documents import state_keys
from ghosteam.runtime.settings import LakeStateSettings
from tests.accounts import deployed_function, memory_account
from tests.prediction_log import deliver, prediction


def test_a_turn_compacts_compares_and_says_that_it_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = LakeStateSettings(environment_name="dev", state_table="state", lake_bucket="lake")
    with memory_account() as account, deployed_function("compact_log", settings) as module:
        deliver(account.lake, prediction())
        answer: dict[str, Any] = module.handler({}, None)
        assert answer["compacted"]["predictions"] == 1
        assert answer["losses"]["flights"] == {"made": 0, "logged": 0}
        assert account.state.find(state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["Step"] for one in lines if "Heartbeat" in one] == ["compact_log"]
