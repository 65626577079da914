"""The rollout task that gives a slot its share."""

from types import SimpleNamespace

from ghosteam.documents import state_keys
from tests import documents
from tests.unit.serving.builders import SHIFT, deployed, write_run


def test_the_first_slot_gets_all_traffic() -> None:
    with deployed("shift_traffic", SHIFT) as (function, state, artifacts):
        write_run(state, artifacts, "run-1")
        state.create("flights", state_keys.ROLLOUT_LEASE, documents.rollout_lease("1"))
        request = {
            "problem": "flights",
            "version": "1",
            "run_id": "run-1",
            "endpoint_name": "slot-1",
            "percent": 100,
        }
        assert function.handler(request, SimpleNamespace())["slot"] == "champion"
        routing = state.get("flights", state_keys.ROUTING)
        assert routing is not None
        assert routing.data.champion.endpoint == "slot-1"
