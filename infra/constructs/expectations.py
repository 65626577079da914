"""A validated batch of a data set with a suite of Great Expectations starts the job that runs it.
Only a deployment with such a suite has any of this.
"""

from __future__ import annotations

from aws_cdk import Duration
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.runtime.settings import ExpectationsSettings
from infra import permissions as may
from infra.constructs.functions import filled
from infra.constructs.job import channel, processing_job
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.job_workflow import job_workflow
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.shared import Shared
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings


class Expectations(Construct):
    """The workflow of the job, and the event that starts it."""

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, shared: Shared
    ) -> None:
        super().__init__(scope, id)
        image = JobImage(self, "JobImage", uri=settings.expectations_image, target="expectations")
        problems = ProblemFiles(self, "Problems")
        role = JobRole(
            self,
            "SuiteRole",
            image=image,
            may=[
                *problems.may,
                may.read_objects(shared.lake, keys.VALIDATED),
                may.list_objects(shared.lake, keys.VALIDATED),
                may.write_objects(shared.artifacts, keys.of_expectations("*")),
                may.publish(shared.bus, "ExpectationsNotMet"),
                may.use_key(shared.key),
            ],
        ).role
        part = keys.validated_part("{}", "{}", "{}", 0, "{}")
        rows = f"s3://{shared.lake.bucket_name}/{part.rpartition('/')[0]}/"
        job = processing_job(
            self,
            "CheckExpectations",
            settings=settings,
            image=image.uri,
            role=role,
            key=shared.key,
            name=f"States.Format('{settings.job_name_prefix}-expectations-{{}}', States.UUID())",
            arguments=(
                "States.Array('process', 'check_expectations', '--problem', $.problem, "
                "'--dataset', $.dataset, '--batch-id', $.batch_id, '--revision', $.revision)"
            ),
            inputs=[
                problems.channel,
                channel(
                    "rows",
                    f"States.Format('{rows}', $.problem, $.dataset, $.batch_id, $.revision)",
                ),
            ],
            environment=filled(ExpectationsSettings, settings, shared).to_environment(),
        )
        workflow = job_workflow(
            self,
            "Expectations",
            settings=settings,
            shared=shared,
            job=job,
            role=role,
            done="Checked",
            timeout=Duration.hours(4),
        )
        WorkflowTrigger(
            self,
            "OnExpectationsDue",
            workflow=workflow,
            on=["ExpectationsDue"],
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )
