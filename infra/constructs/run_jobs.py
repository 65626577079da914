"""The jobs of a run as states of its workflow, each kind with a role of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.features.views import online_table
from infra import permissions as may
from infra.constructs.job import channel, processing_job, training_job
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.shared import Shared
from infra.constructs.tracking_server import TrackingServer
from infra.settings import EnvironmentSettings


class _Common(TypedDict):
    """What the states of all jobs have."""

    settings: EnvironmentSettings
    image: str
    key: kms.IKey


class RunJobs(Construct):
    """States ``build``, ``train``, ``evaluate`` and ``refit``; ``roles``: what they run as.

    Each reads what the state machine tells of the run in ``$.run``. A role may read the problems
    and the runs' files, write what jobs of its kind leave, and do what they are for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        image: JobImage,
        problems: ProblemFiles,
        mlflow: TrackingServer,
    ) -> None:
        super().__init__(scope, id)
        self._settings, self._shared, self._image = settings, shared, image
        self._problems, self._mlflow = problems, mlflow
        self.roles: list[iam.IRole] = []
        self.build = self._build()
        self.train = self._train()
        self.evaluate = self._evaluate()
        self.refit = self._refit()

    def _role(self, id: str, *, writes: str, also: Sequence[iam.PolicyStatement] = ()) -> iam.Role:
        runs = self._shared.artifacts
        common = [
            *self._problems.may,
            may.read_objects(runs, keys.RUNS),
            may.list_objects(runs, keys.RUNS, keys.FEAST),
            may.write_objects(runs, f"{writes}/"),
            may.use_key(self._shared.key),
        ]
        role = JobRole(self, id, image=self._image, may=[*common, *also]).role
        self.roles.append(role)
        return role

    def _name(self, kind: str, *paths: str) -> str:
        """A job's name: of the run, the kind of job, and its tries."""
        fields = ", ".join(("$.run.job_prefix", *paths, "$.tries.count", "$$.State.RetryCount"))
        return f"States.Format('{self._settings.job_name_prefix}-{{}}-{kind}-{{}}{{}}', {fields})"

    @property
    def _common(self) -> _Common:
        shared = self._shared
        return {"settings": self._settings, "image": self._image.uri, "key": shared.key}

    def _build(self) -> sfn.CustomState:
        shared, online = self._shared, online_table(self._settings.online_prefix)
        role = self._role(
            "TrainingSetRole",
            writes=keys.training_set("*", "*"),
            also=[
                may.read_objects(shared.lake, keys.VALIDATED, *may.LOG),
                may.list_objects(shared.lake, keys.VALIDATED, *may.LOG),
                may.read_online(Stack.of(self), online),
                may.read_objects(shared.artifacts, keys.FEAST),
                may.write_objects(shared.artifacts, keys.FEAST),
            ],
        )
        return processing_job(
            self,
            "BuildTrainingSet",
            role=role,
            name=self._name("set"),
            arguments=["process", "build_training_set"],
            inputs=[self._problems.channel, channel("plan", "$.run.plan_uri")],
            output=("training_set", "$.run.training_set_uri"),
            **self._common,
        )

    def _train(self) -> sfn.CustomState:
        role = self._role("TrainRole", writes=keys.models("*", "*"), also=self._mlflow.may)
        return training_job(
            self,
            "TrainFamily",
            role=role,
            name=self._name("{}", "$.family.family"),
            hyperparameters={
                "family": "$.family.family",
                "trials": "$.family.trials",
                "seconds": "$.family.seconds",
                "problem": "$.run.problem",
                "run_id": "$.run.run_id",
            },
            channels={
                "training": "States.Format('{}/train.parquet', $.run.training_set_uri)",
                "plan": "$.run.plan_uri",
                "digests": "$.run.digests_uri",
                "problem": self._problems.uri,
            },
            output="$.run.models_uri",
            environment={"MLFLOW_TRACKING_URI": self._mlflow.uri},
            **self._common,
        )

    def _evaluate(self) -> sfn.CustomState:
        role = self._role("EvaluateRole", writes=keys.evaluation("*", "*").rpartition("/")[0])
        return processing_job(
            self,
            "EvaluateModels",
            role=role,
            name=self._name("eval"),
            arguments=["process", "evaluate_models"],
            inputs=[
                self._problems.channel,
                channel("plan", "$.run.plan_uri"),
                channel("training_set", "$.run.training_set_uri"),
                channel("candidates", "$.run.models_uri"),
                channel("families", "$.run.families_uri"),
                channel("digests", "$.run.digests_uri"),
                channel("champion", "$.run.champion_uri"),
            ],
            output=("evaluation", "$.run.evaluation_uri"),
            isolated=True,  # it loads models, and needs nobody's service
            **self._common,
        )

    def _refit(self) -> sfn.CustomState:
        role = self._role("RefitRole", writes=keys.refitted("*", "*"))
        return training_job(
            self,
            "RefitModel",
            role=role,
            name=self._name("refit"),
            hyperparameters={
                "job": "refit",
                "problem": "$.run.problem",
                "run_id": "$.run.run_id",
                "candidate": "$.chosen.key",
            },
            channels={
                "training": "$.run.training_set_uri",
                "candidate": "$.chosen.uri",
                "plan": "$.run.plan_uri",
                "digests": "$.run.digests_uri",
                "problem": self._problems.uri,
            },
            output="$.run.refitted_uri",
            environment={},
            isolated=True,  # it loads a model, and needs nobody's service
            **self._common,
        )
