"""The rollout task that takes the lease and plans the slot."""

from types import SimpleNamespace

import pytest

from ghosteam.errors import NotFound
from tests.unit.serving.builders import PREPARE, deployed, write_run

MODEL = {"problem": "flights", "run_id": "run-1", "version": "1"}
REQUEST = {"request": MODEL, "execution": "arn:aws:states:::execution:rollout:a"}


def test_it_answers_with_the_plan_of_this_environment() -> None:
    with deployed("prepare_rollout", PREPARE) as (function, state, artifacts):
        write_run(state, artifacts, "run-1")
        plan = function.handler(REQUEST, SimpleNamespace())
        assert plan["endpoint_name"].startswith("gt-local-flights-v1-")
        assert (plan["image"], plan["role_arn"]) == (PREPARE.job_image, PREPARE.endpoint_role_arn)
        assert (plan["first"], plan["look_seconds"]) == (True, 5)
        assert plan == function.handler(REQUEST, SimpleNamespace())


def test_errors_keep_their_class_for_the_state_machine() -> None:
    with deployed("prepare_rollout", PREPARE) as (function, state, artifacts):
        write_run(state, artifacts, "run-1")
        function.handler(REQUEST, SimpleNamespace())
        assert (
            "waits for its turn"
            in function.handler({**REQUEST, "execution": "another"}, SimpleNamespace())["skip"]
        )
        with pytest.raises(NotFound, match="Known problems: flights"):
            function.handler(
                {**REQUEST, "request": {**MODEL, "problem": "trains"}}, SimpleNamespace()
            )
