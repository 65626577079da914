"""Batch scoring: a state machine that runs one processing job over a file of rows."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.runtime.settings import LakeStateSettings
from infra import permissions as may
from infra.constructs.functions import filled
from infra.constructs.job import channel, processing_job
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.job_workflow import job_workflow
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings

_MAX_SECONDS = 12 * 3600


class Scoring(Construct):
    """The execution's input is ``{"problem", "name"}``; the rows lie in the lake already, at the
    layout's ``scoring_input``.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, shared: Shared
    ) -> None:
        super().__init__(scope, id)
        lake = shared.lake
        image = JobImage(self, "JobImage", uri=settings.job_image, target="train")
        problems = ProblemFiles(self, "Problems")
        role = JobRole(
            self,
            "JobRole",
            image=image,
            may=[
                *problems.may,
                may.read_objects(lake, keys.VALIDATED, keys.SCORING),
                may.list_objects(lake, keys.SCORING),
                may.write_objects(lake, keys.SCORING),
                may.read_objects(shared.artifacts, keys.RUNS, keys.DEFINITIONS),
                may.read_state(shared.state, "data", "serving"),
                may.use_key(shared.key),
            ],
        ).role
        score = processing_job(
            self,
            "ScoreBatch",
            settings=settings,
            image=image.uri,
            role=role,
            key=shared.key,
            name=f"States.Format('{settings.job_name_prefix}-score-{{}}', States.UUID())",
            arguments="States.Array('process', 'score_batch', '--problem', $.problem, '--name', "
            "$.name)",
            inputs=[
                problems.channel,
                channel("scoring", _place(lake.bucket_name, keys.scoring_input("{}", "{}") + "/")),
            ],
            output=("scores", _place(lake.bucket_name, keys.scoring_output("{}", "{}"))),
            environment=filled(LakeStateSettings, settings, shared).to_environment(),
            max_seconds=_MAX_SECONDS,
            volume_gb=100,
        )
        machine = job_workflow(
            self,
            "Scoring",
            settings=settings,
            shared=shared,
            job=score,
            role=role,
            done="Scored",
            timeout=Duration.seconds(_MAX_SECONDS + 3600),
        ).machine
        ssm.StringParameter(
            self,
            "Name",
            parameter_name=f"/{settings.prefix}/scoring_machine",
            string_value=machine.state_machine_arn,
        )


def _place(bucket: str, folder: str) -> str:
    return f"States.Format('s3://{bucket}/{folder}', $.problem, $.name)"
