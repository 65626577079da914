"""A workflow that is one processing job, tried again while the account lacks capacity."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.job import run_jobs
from infra.constructs.patience import failed_as_told, no_tries_yet, patient
from infra.constructs.shared import Shared
from infra.constructs.workflow import Workflow
from infra.settings import EnvironmentSettings


def job_workflow(
    scope: Construct,
    id: str,
    *,
    settings: EnvironmentSettings,
    shared: Shared,
    job: sfn.CustomState,
    role: iam.IRole,
    done: str,
    timeout: Duration,
) -> Workflow:
    """The workflow of ``job``, which runs as ``role``; ``done``: its last state's name."""
    return Workflow(
        scope,
        id,
        settings=settings,
        key=shared.key,
        alerts=shared.alerts,
        definition=no_tries_yet(scope, "BeginToCount")
        .next(patient(scope, job, otherwise=failed_as_told(scope, "Broken")))
        .next(sfn.Succeed(scope, done)),
        timeout=timeout,
        functions=[],
        may=run_jobs(
            Stack.of(scope),
            settings=settings,
            kinds=["processing"],
            roles=[role],
            key=shared.key,
        ),
    )
