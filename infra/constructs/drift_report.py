"""A detected drift starts a job that writes an HTML report for people."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ghosteam.documents import keys
from infra import permissions as may
from infra.constructs.job import processing_job
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.job_workflow import job_workflow
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.shared import Shared
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings


class DriftReport(Construct):
    """The workflow of the job, and the event that starts it."""

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, shared: Shared
    ) -> None:
        super().__init__(scope, id)
        image = JobImage(self, "JobImage", uri=settings.job_image, target="train")
        problems = ProblemFiles(self, "Problems")
        role = JobRole(
            self,
            "ReportRole",
            image=image,
            may=[
                *problems.may,
                may.read_objects(shared.artifacts, keys.RUNS),
                may.write_objects(shared.artifacts, keys.REPORTS),
                may.read_objects(shared.lake, *may.LOG),
                may.list_objects(shared.lake, *may.LOG),
                may.use_key(shared.key),
            ],
        ).role
        rows = f"{_uri(shared.artifacts, keys.training_set('{}', '{}'))}/train.parquet"
        report = processing_job(
            self,
            "WriteReport",
            settings=settings,
            image=image.uri,
            role=role,
            key=shared.key,
            name=f"States.Format('{settings.job_name_prefix}-report-{{}}', States.UUID())",
            arguments=(
                "States.Array('process', 'drift_report', '--problem', $.problem, '--window-start', "
                "$.window_start, "
                "'--window-end', $.window_end, '--log-uri', "
                f"'{_uri(shared.lake, keys.PREDICTIONS)}', '--reference-uri', "
                f"States.Format('{rows}', $.problem, $.run_id), "
                "'--reference-digest', $.train_digest, '--model-version', $.model_version, "
                "'--first-feature', States.ArrayGetItem(States.StringSplit($.features, ','), 0), "
                f"'--environment', '{settings.name}')"
            ),
            inputs=[problems.channel],
            output=(
                "report",
                f"States.Format('{_uri(shared.artifacts, keys.drift_report('{}', '{}'))}', "
                "$.problem, $.window_id)",
            ),
            max_seconds=1800,
        )
        workflow = job_workflow(
            self,
            "DriftReport",
            settings=settings,
            shared=shared,
            job=report,
            role=role,
            done="Written",
            timeout=Duration.hours(4),
        )
        WorkflowTrigger(
            self,
            "OnDriftDetected",
            workflow=workflow,
            on=["DriftDetected"],
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )


def _uri(bucket: s3.IBucket, key: str) -> str:
    return f"s3://{bucket.bucket_name}/{key}"
