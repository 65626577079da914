"""The rollout task that judges the challenger."""

from datetime import UTC, datetime
from types import SimpleNamespace

from ghosteam.documents import state_keys
from tests import documents
from tests.unit.serving.builders import JUDGE, deployed


def test_a_challenger_without_traffic_is_waited_for() -> None:
    with deployed("judge_canary", JUDGE) as (function, state, _):
        challenger = documents.challenger("2", since=datetime.now(UTC))
        state.create(
            "flights",
            state_keys.ROUTING,
            documents.routing(documents.slot("1"), challenger),
        )
        answer = function.handler({"problem": "flights", "version": "2"}, SimpleNamespace())
        assert answer["verdict"] == "wait"
        assert "0 rows" in answer["reason"]
