from __future__ import annotations

from pathlib import Path

import pytest

from ghosteam.problem.load import InvalidProblems
from ghosteam.problem.serve import Serve
from ghosteam.serving.backends.backend import BACKENDS
from ghosteam.testing.backends import check_backend
from tests.distributions import installed_in
from tests.unit.serving.backends import SERVE, check_sagemaker_takes, flights, variant

IDLE = """
from ghosteam.serving.backends.backend import Backend

MEMBER = Backend("idle", (), lambda serve: {"ServerlessConfig": {"MaxConcurrency": 1}})
"""


@pytest.mark.parametrize("name", BACKENDS.names)
def test_a_backend_keeps_the_contract(name: str) -> None:
    backend = BACKENDS.find(name)
    assert backend.name == name
    check_backend(backend, Serve(mode=name))
    check_sagemaker_takes(variant(flights(SERVE.replace("realtime", name))))


def test_the_plan_has_the_variant_as_sagemaker_takes_it() -> None:
    serve = SERVE.replace("realtime,", "realtime, instance_type: ml.c5.xlarge, instance_count: 3,")
    found = variant(flights(serve))
    assert found == {
        "VariantName": "main",
        "ModelName": found["ModelName"],
        "InitialVariantWeight": 1,
        "InstanceType": "ml.c5.xlarge",
        "InitialInstanceCount": 3,
    }


def test_an_unknown_mode_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidProblems, match=r"'lamda' is no backend; there are realtime.*"):
        flights(SERVE.replace("realtime", "lamda"))


def test_a_setting_that_the_backend_does_not_take_is_refused(tmp_path: Path) -> None:
    with installed_in(tmp_path) as site:
        site.install("idle_backend", IDLE, "idle = idle_backend:MEMBER", group="ghosteam.backends")
        idle = SERVE.replace("realtime", "idle")
        check_backend(BACKENDS.find("idle"), Serve(mode="idle"))
        assert variant(flights(idle))["ServerlessConfig"] == {"MaxConcurrency": 1}
        with pytest.raises(
            InvalidProblems, match="the mode idle takes no instance_count; it takes"
        ):
            flights(idle.replace("idle,", "idle, instance_count: 2,"))
