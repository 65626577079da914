"""Models that meet a running rollout."""

from __future__ import annotations

from ghosteam.documents import state_keys
from tests.unit.serving.rollouts import (
    Rollouts,
)


def test_a_model_that_meets_a_running_rollout_is_rolled_out_after_it_was_rolled_back(
    rollouts: Rollouts,
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.write_run_document("3")
    assert "waits for its turn" in rollouts.prepare("3").reason
    assert "waits for its turn" in rollouts.prepare("3", execution="again").reason
    rollouts.bus.events.clear()
    rollouts.finish("2", "roll_back")
    told = [event for event in rollouts.bus.events if event.type == "ModelRegistered"]
    assert [event.ids for event in told] == [{"run_id": "run-3", "version": "3"}]
    assert rollouts.prepare("3", execution="exec-next").version == "3"
    assert rollouts.document(state_keys.WAITING_ROLLOUT) is None


def test_a_model_that_waited_for_another_champion_is_superseded_on_record(
    rollouts: Rollouts,
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.write_run_document("3")
    rollouts.prepare("3")
    rollouts.finish("2", "promote")
    answer = rollouts.prepare("3", execution="exec-next")
    assert "judged it against version 1, and version 2 serves now" in answer.reason
    run = rollouts.document(state_keys.RUNS / "run-3")
    assert run is not None and run.status == "superseded"
    assert "version 2 serves now" in run.reasons[-1]
    assert (
        rollouts.document(state_keys.WAITING_ROLLOUT) is None
        and rollouts.document(state_keys.ROLLOUT_LEASE) is None
    )


def test_of_two_that_wait_the_older_one_is_superseded(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    for version in ("3", "4"):
        rollouts.write_run_document(version)
        rollouts.prepare(version)
    waiting, old = (
        rollouts.document(state_keys.WAITING_ROLLOUT),
        rollouts.document(state_keys.RUNS / "run-3"),
    )
    assert waiting is not None and waiting.version == "4"
    assert old is not None and old.status == "superseded"
    rollouts.prepare("3", execution="late")
    assert rollouts.document(state_keys.WAITING_ROLLOUT).version == "4"


def test_an_old_version_passes_its_gates_again_or_is_forced_on_record(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.finish("2", "promote")
    rollouts.write_run_document("1")
    assert (
        "without a champion, and version 2 serves now"
        in rollouts.prepare("1", execution="by hand").reason
    )
    forced = {"force": True, "requested_by": "ada", "reason": "version 2 is wrong at night"}
    plan = rollouts.prepare("1", execution="by force", **forced)
    assert (plan.version, plan.canary, plan.approval) == ("1", True, "none")
    run = rollouts.document(state_keys.RUNS / "run-1")
    assert run is not None
    assert run.notes == ("rolled out by force, asked for by ada: version 2 is wrong at night",)
