"""The rollout task that judges the challenger."""

from datetime import UTC, datetime
from types import SimpleNamespace

from tests.unit.serving.builders import JUDGE, deployed


def test_a_challenger_without_traffic_is_waited_for() -> None:
    with deployed("judge_canary", JUDGE) as (function, state, _):
        challenger = {
            "version": "2",
            "endpoint": "slot-2",
            "percent": 20,
            "since": datetime.now(UTC).isoformat(),
        }
        champion = {"version": "1", "endpoint": "slot-1"}
        state.create(
            "flights", "routing", {"champion": champion, "challenger": challenger, "salt": "r"}
        )
        answer = function.handler({"problem": "flights", "version": "2"}, SimpleNamespace())
        assert answer["verdict"] == "wait"
        assert "0 rows" in answer["reason"]
