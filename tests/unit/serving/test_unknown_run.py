"""A version that is rolled out although its run left no document."""

from __future__ import annotations

from datetime import UTC, datetime

from ghosteam.aws.retraining_lease import new_run
from ghosteam.aws.state import StateTable
from ghosteam.steps import finish_rollout

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_document_that_a_rollout_writes_has_every_field_that_the_policy_reads(
    state: StateTable,
) -> None:
    finish_rollout._record(state, "flights", "r9", "7", "promoted", "why", None, NOW)
    written = state.get("flights", "run#r9")
    assert written is not None
    complete = new_run("r9", reason={}, as_of="a", started_at="s")
    assert set(complete) <= set(written.data)
    assert (written.data["status"], written.data["version"]) == ("promoted", "7")
