"""What a rollout of the problem flights asks SageMaker for."""

from __future__ import annotations

import botocore.session
from botocore.validate import ParamValidator

from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting, plan_rollout
from tests.builders import REPOSITORY

HOSTING = Hosting(
    environment_name="dev", image="image:1", role_arn="arn:aws:iam::1:role/r", name_prefix="gt-dev"
)
FLIGHTS = (REPOSITORY / "flights" / "problem.yaml").read_text()
SERVE = "serve: {mode: realtime, rollout: canary 10% 15m, rollback_hold: 1h}"


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


def check_sagemaker_takes(found: dict[str, object]) -> None:
    """Its own description of CreateEndpointConfig knows each parameter and takes its value."""
    shape = botocore.session.get_session().get_service_model("sagemaker")
    report = ParamValidator().validate(found, shape.shape_for("ProductionVariant"))
    assert not report.has_errors(), report.generate_report()
    assert set(found) <= set(shape.shape_for("ProductionVariant").members)
