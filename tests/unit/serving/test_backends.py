from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from ghosteam.problem.load import InvalidProblems, parse_problem
from ghosteam.problem.policies import Serve
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting, plan_rollout
from ghosteam.serving.backends.backend import BACKENDS
from ghosteam.testing.backends import check_backend
from tests.builders import REPOSITORY
from tests.distributions import installed_in

HOSTING = Hosting(
    environment_name="dev", image="image:1", role_arn="arn:aws:iam::1:role/r", name_prefix="gt-dev"
)
FLIGHTS = (REPOSITORY / "flights" / "problem.yaml").read_text()
SERVE = "serve: {mode: realtime, rollout: canary 10% 15m, rollback_hold: 1h}"
IDLE = """
from ghosteam.serving.backends.backend import Backend

MEMBER = Backend("idle", (), lambda serve: {"ServerlessConfig": {"MaxConcurrency": 1}})
"""


def flights(serve: str = SERVE) -> Problem:
    assert SERVE in FLIGHTS
    return parse_problem(FLIGHTS.replace(SERVE, serve), file="flights/problem.yaml")


def variant(problem: Problem) -> dict[str, object]:
    plan = plan_rollout(
        problem,
        run_id="r1",
        version="3",
        execution="e1",
        model_uri="s3://artifacts/model.tar.gz",
        model_digest="d",
        first=True,
        hosting=HOSTING,
    )
    (found,) = plan.production_variants
    assert found["ModelName"] == plan.model_name
    return dict(found)


@pytest.mark.parametrize("name", BACKENDS.names)
def test_a_backend_keeps_the_contract(name: str) -> None:
    backend = BACKENDS.find(name)
    assert backend.name == name
    check_backend(backend, Serve())


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
    model = botocore.session.get_session().get_service_model("sagemaker")
    report = ParamValidator().validate(found, model.shape_for("ProductionVariant"))
    assert not report.has_errors(), report.generate_report()
    assert set(found) <= set(model.shape_for("ProductionVariant").members)


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
