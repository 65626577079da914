"""Files and batches too large for a function: a state machine runs the same step as a processing
job.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.runtime.settings import Settings
from infra import permissions as may
from infra.constructs.job import channel, processing_job, run_jobs
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.patience import failed_as_told, no_tries_yet, patient
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.shared import Shared
from infra.constructs.workflow import Workflow
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings

_DAY = 24 * 3600
_VOLUME_GB = 100  # the largest file that ingest_file takes, or its raw and its good rows, with room


class LargeFiles(Construct):
    """``steps``: for each step its settings and what it may do, the same that its function is
    given.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        steps: dict[str, tuple[Settings, Sequence[iam.PolicyStatement]]],
    ) -> None:
        super().__init__(scope, id)
        image = JobImage(self, "JobImage", uri=settings.job_image, target="train")
        problems = ProblemFiles(self, "Problems")
        choice = sfn.Choice(self, "WhichStep")
        done = sfn.Succeed(self, "Done")
        broken = failed_as_told(self, "Broken")
        roles = []
        for step, (step_settings, permissions) in steps.items():
            title = "".join(part.capitalize() for part in step.split("_"))
            role = JobRole(
                self,
                f"{title}Role",
                image=image,
                may=[
                    *problems.may,
                    may.read_objects(shared.lake, keys.HANDOVER),
                    may.list_objects(shared.lake, keys.HANDOVER),
                    *permissions,
                ],
            ).role
            job = processing_job(
                self,
                title,
                settings=settings,
                image=image.uri,
                role=role,
                key=shared.key,
                name=f"States.Format('{settings.job_name_prefix}-{step.partition('_')[0]}-{{}}', "
                "States.UUID())",
                arguments=["process", step],
                inputs=[
                    problems.channel,
                    channel(
                        "handover",
                        f"States.Format('s3://{shared.lake.bucket_name}/{{}}/', $.handover)",
                    ),
                ],
                environment=step_settings.to_environment(),
                max_seconds=_DAY,
                volume_gb=_VOLUME_GB,
            )
            choice.when(
                sfn.Condition.string_equals("$.step", step),
                patient(self, job, otherwise=broken).next(done),
            )
            roles.append(role)
        workflow = Workflow(
            self,
            "LargeFiles",
            settings=settings,
            key=shared.key,
            alerts=shared.alerts,
            definition=no_tries_yet(self, "BeginToCount").next(choice),
            timeout=Duration.seconds(_DAY + 3600),
            functions=[],
            may=run_jobs(
                Stack.of(self),
                settings=settings,
                kinds=["processing"],
                roles=roles,
                key=shared.key,
            ),
        )
        WorkflowTrigger(
            self,
            "OnHandover",
            workflow=workflow,
            on=["LargeFileLanded", "LargeBatchIngested"],
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )
