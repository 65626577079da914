"""The rollout of a registered model: its functions, the role of its slots, its workflow."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import EventType
from ghosteam.rollout.plan import LONGEST_ROLLOUT
from ghosteam.runtime.settings import (
    ApprovalSettings,
    FinishSettings,
    JudgeSettings,
    PrepareSettings,
    RecordSettings,
    StateSettings,
)
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.rollout_states import RolloutFunctions, rollout_definition
from infra.constructs.shared import Shared
from infra.constructs.tracking_server import TrackingServer
from infra.constructs.workflow import Workflow
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings
from infra.slot_permissions import SlotPermissions

END_OF_ROLLOUT: tuple[EventType, ...] = ("ModelPromoted", "RolloutRolledBack", "ModelRegistered")
"""The last one lets the model that waits have its turn."""


class Rollout(Construct):
    """Attribute ``workflow``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
        mlflow: TrackingServer,
    ) -> None:
        super().__init__(scope, id)
        self._shared, self._functions = shared, functions
        self._slots = SlotPermissions(Stack.of(self), settings)
        image = JobImage(self, "ServingImage", uri=settings.serving_image, target="serve")
        role = JobRole(
            self, "EndpointRole", image=image, may=[*self._runs(), may.use_key(shared.key)]
        ).role
        steps = self._steps(image, role, mlflow)
        self.workflow = Workflow(
            self,
            "Rollout",
            settings=settings,
            key=shared.key,
            alerts=shared.alerts,
            definition=rollout_definition(
                self, environment=settings.name, key_arn=shared.key.key_arn, functions=steps
            ),
            timeout=Duration.seconds(int(LONGEST_ROLLOUT.total_seconds())),
            functions=steps.all,
            may=[
                *self._slots.make(),
                *may.use_key_for_volumes(shared.key),
                may.pass_role(role, "sagemaker.amazonaws.com"),
            ],
        )
        WorkflowTrigger(
            self,
            "OnModelRegistered",
            workflow=self.workflow,
            on=["ModelRegistered"],
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )

    def _runs(self) -> list[iam.PolicyStatement]:
        runs = self._shared.artifacts
        return [may.read_objects(runs, keys.RUNS), may.list_objects(runs, keys.RUNS)]

    def _steps(self, image: JobImage, role: iam.IRole, mlflow: TrackingServer) -> RolloutFunctions:
        shared, make = self._shared, self._functions.make
        # A run's document says what became of its model.
        change = may.change_state(shared.state, "serving", "retraining")
        shifted = may.change_state(shared.state, "serving")
        judged = may.read_state(shared.state, "retraining")  # the digests of what the run left
        return RolloutFunctions(
            prepare=make(
                "prepare_rollout",
                PrepareSettings,
                [change, may.publish(shared.bus, "RolloutStarted"), *self._runs()],
                job_image=image.uri,
                endpoint_role_arn=role.role_arn,
            ),
            approval=make(
                "request_approval",
                ApprovalSettings,
                [
                    shifted,
                    judged,
                    *self._runs(),
                    may.Statement(actions=["sns:Publish"], resources=[shared.alerts.topic_arn]),
                ],
            ),
            shift=make("shift_traffic", RecordSettings, [shifted, judged, *self._runs()]),
            judge=make(
                "judge_canary",
                JudgeSettings,
                [
                    may.read_state(shared.state, "serving", "monitoring", "retraining"),
                    may.read_objects(shared.artifacts, keys.DEFINITIONS, keys.evaluation("*", "*")),
                    may.read_objects(shared.lake, *may.LOG),
                    may.list_objects(shared.lake, *may.LOG),
                    *self._slots.ask(),
                ],
            ),
            finish=make(
                "finish_rollout",
                FinishSettings,
                [change, may.publish(shared.bus, *END_OF_ROLLOUT), *mlflow.may],
                mlflow_tracking_uri=mlflow.uri,
            ),
            retire=make("retire_slot", StateSettings, [shifted, *self._slots.take_down()]),
        )
