"""A version that is rolled out although its run left no document."""

from __future__ import annotations

from datetime import UTC, datetime

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.run import Run
from ghosteam.steps import finish_rollout

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_rollout_writes_a_whole_document(state: StateTable) -> None:
    finish_rollout._record(state, "flights", "r9", "7", "promoted", "why", None, NOW)
    written = state.find("flights", state_keys.RUNS / "r9")
    assert written is not None
    assert (written.status, written.version, written.reasons) == ("promoted", "7", ("why",))
    assert written.finished_at == NOW and Run.from_json(written.to_json()) == written
