"""The rollout machine: in which ways a new model does not come up, and what then becomes of it."""

from __future__ import annotations

from tests.infra.templates import Synthesized


def test_whatever_fails_before_the_verdict_of_a_rollout_ends_in_a_rollback_that_says_why(
    dev: Synthesized,
) -> None:
    rollout = dev.machines()["ghosteam-dev-rollout"]["States"]
    before = {
        "RequestApproval",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
        "DescribeEndpoint",
    }
    before |= {"ShiftTraffic", "JudgeCanary"}
    tasks = {name for name, state in rollout.items() if state["Type"] == "Task"}
    assert tasks == before | {"PrepareRollout", "FinishRollout", "RetireSlot"}
    for name in before:
        assert [catch["Next"] for catch in rollout[name]["Catch"]] == ["Explained?"], name
    for name, reason in (
        ("GiveUp", "States.Format('{}: {}', $.failure.Error, $.failure.Cause)"),
        ("GiveUpUnexplained", "$.failure.Error"),
    ):
        assert rollout[name]["Parameters"] == {"verdict": "roll_back", "reason.$": reason}
        assert rollout[name]["Next"] == "FinishRollout"


def test_what_cannot_be_finished_or_retired_is_tried_for_hours_and_then_fails_loudly(
    dev: Synthesized,
) -> None:
    rollout = dev.machines()["ghosteam-dev-rollout"]["States"]
    for name in ("FinishRollout", "RetireSlot"):
        assert [catch["Next"] for catch in rollout[name]["Catch"]] == ["Unfinished"]
        assert max(retry["MaxAttempts"] for retry in rollout[name]["Retry"]) >= 14
    assert rollout["Unfinished"]["Type"] == "Fail"


def test_an_endpoint_that_does_not_come_up_says_sagemakers_reason(dev: Synthesized) -> None:
    rollout = dev.machines()["ghosteam-dev-rollout"]["States"]
    ways = {str(choice): choice["Next"] for choice in rollout["InService?"]["Choices"]}
    for status in ("Failed", "OutOfService", "UpdateRollbackFailed"):
        assert any(status in way and following == "Reason?" for way, following in ways.items()), (
            status
        )
    assert any(following == "NeverInService" for following in ways.values())
    assert "$.endpoint.FailureReason" in rollout["EndpointFailed"]["Parameters"]["reason.$"]
    assert (
        rollout["EndpointFailed"]["Next"]
        == rollout["EndpointFailedUnexplained"]["Next"]
        == "FinishRollout"
    )


def test_a_slot_that_was_rolled_back_goes_at_once_and_a_replaced_one_is_kept(
    dev: Synthesized,
) -> None:
    rollout = dev.machines()["ghosteam-dev-rollout"]["States"]
    [kept, gone] = rollout["Anything to retire?"]["Choices"]
    assert (kept["Next"], gone["Next"]) == ("HoldForRollback", "RetireSlot")
    assert "promote" in str(kept)
    assert rollout["HoldForRollback"]["Next"] == "RetireSlot"


def test_endpoints_use_the_deployments_key_and_no_network(dev: Synthesized) -> None:
    rollout = dev.machines()["ghosteam-dev-rollout"]["States"]
    assert rollout["CreateEndpointConfig"]["Parameters"]["KmsKeyId"]
    assert rollout["CreateModel"]["Parameters"]["EnableNetworkIsolation"] is True
