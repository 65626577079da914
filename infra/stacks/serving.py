"""Serving: the rollout of a registered model into a slot, and the API that answers through the slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.runtime.settings import LandingSettings, OnlineSettings, RegistrySettings, RolloutSettings, Settings, SweepSettings
from infra import permissions as may
from infra.constructs.api import Api
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.layers import Layers
from infra.constructs.prediction_log import PredictionLog
from infra.constructs.python_function import PythonFunction
from infra.constructs.rollout import rollout_definition
from infra.constructs.scoring import Scoring
from infra.constructs.workflow import Workflow
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings
from infra.stacks.features import Features
from infra.stacks.foundation import Foundation
from infra.stacks.training import Training

KINDS = ("endpoint", "endpoint-config", "model")


class Serving(Stack):
    """The API's address is the stack's output ``ApiUrl``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        features: Features,
        training: Training,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self._settings, self._foundation, self._training = settings, foundation, training
        self._layers = Layers(self, "Layers", settings=settings)
        self._names = {
            "environment_name": settings.name,
            "state_table": foundation.state.table_name,
            "bus_name": foundation.bus.event_bus_name,
        }
        self._slots = [may.sagemaker_arn(self, kind, f"{settings.job_name_prefix}-*") for kind in KINDS]
        # The workflows are created after the sweep, so deleted before it: none makes an endpoint behind its back.
        sweep = self._sweep_on_delete()
        self._rollout().machine.node.add_dependency(sweep)
        self._api(features)
        Scoring(self, "Scoring", settings=settings, foundation=foundation)

    def _function(self, name: str, settings: Settings, permissions: Sequence[iam.PolicyStatement]) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            environment=self._settings,
            settings=settings,
            layers=self._layers,
            key=self._foundation.key,
            may=[*permissions, may.use_key(self._foundation.key)],
        )

    def _rollout(self) -> Workflow:
        found = self._foundation
        image = JobImage(self, "ServingImage", uri=self._settings.serving_image, target="serve")
        endpoint_role = JobRole(
            self,
            "EndpointRole",
            image=image,
            may=[
                may.read_objects(found.artifacts, "runs/"),
                may.list_objects(found.artifacts, "runs/"),
                may.use_key(found.key),
            ],
        ).role
        settings = RolloutSettings(
            **self._names,
            artifact_bucket=found.artifacts.bucket_name,
            lake_bucket=found.lake.bucket_name,
            job_image=image.uri,
            endpoint_role_arn=endpoint_role.role_arn,
            name_prefix=self._settings.job_name_prefix,
            alert_topic_arn=found.alerts.topic_arn,
        )
        change = [may.change_state(found.state), may.publish(found.bus)]
        read_runs = [may.read_objects(found.artifacts, "runs/"), may.list_objects(found.artifacts, "runs/")]
        prepare = self._function("prepare_rollout", settings, [*change, *read_runs])
        approval = self._function(
            "request_approval",
            settings,
            [*change, *read_runs, may.Statement(actions=["sns:Publish"], resources=[found.alerts.topic_arn])],
        )
        shift = self._function("shift_traffic", settings, [*change, *read_runs])
        judge = self._function(
            "judge_canary",
            settings,
            [
                may.read_state(found.state),
                may.read_objects(found.lake, "predictions/"),
                may.list_objects(found.lake, "predictions/"),
            ],
        )
        finish = self._function(
            "finish_rollout",
            RegistrySettings(**self._names, mlflow_tracking_uri=self._training.mlflow.uri),
            [*change, *self._training.mlflow.may],
        )
        retire = self._function(
            "retire_slot",
            settings,
            [
                may.change_state(found.state),
                self._take_down(),
                *self._end_scaling(),
            ],
        )
        workflow = Workflow(
            self,
            "Rollout",
            settings=self._settings,
            key=found.key,
            alerts=found.alerts,
            definition=rollout_definition(
                self,
                environment=self._settings.name,
                prepare=prepare,
                approval=approval,
                shift=shift,
                judge=judge,
                finish=finish,
                retire=retire,
            ),
            timeout=Duration.days(8),
            functions=[prepare, approval, shift, judge, finish, retire],
            may=[
                may.Statement(
                    actions=[
                        "sagemaker:CreateModel",
                        "sagemaker:CreateEndpointConfig",
                        "sagemaker:CreateEndpoint",
                        "sagemaker:DescribeEndpoint",
                        "sagemaker:AddTags",
                    ],
                    resources=self._slots,
                ),
                may.pass_role(endpoint_role, "sagemaker.amazonaws.com"),
            ],
        )
        WorkflowTrigger(
            self,
            "OnModelRegistered",
            workflow=workflow,
            on=["ModelRegistered"],
            bus=found.bus,
            key=found.key,
            alerts=found.alerts,
        )
        return workflow

    def _api(self, features: Features) -> None:
        found = self._foundation
        predict = self._function(
            "predict",
            OnlineSettings(**self._names, online_prefix=self._settings.online_prefix),
            [
                may.read_state(found.state),
                may.read_online(features.online_tables),
                may.Statement(actions=["sagemaker:InvokeEndpoint"], resources=[self._slots[0]]),
            ],
        )
        accept = self._function(
            "accept_events",
            LandingSettings(**self._names, landing_bucket=found.landing.bucket_name),
            [may.write_objects(found.landing, "")],
        )
        Api(self, "Api", settings=self._settings, key=found.key, predict=predict, accept_events=accept)
        PredictionLog(
            self,
            "PredictionLog",
            settings=self._settings,
            source=predict.log_group,
            lake=found.lake,
            key=found.key,
        )

    def _take_down(self) -> may.Statement:
        actions = ["DescribeEndpoint", "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
        return may.Statement(actions=[f"sagemaker:{action}" for action in actions], resources=self._slots)

    def _end_scaling(self) -> list[may.Statement]:
        targets_arn = self.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*")
        return [
            may.Statement(actions=["application-autoscaling:DeregisterScalableTarget"], resources=[targets_arn]),
            # This action knows no resources.
            may.Statement(actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]),
        ]

    def _sweep_on_delete(self) -> CustomResource:
        """Workflows make endpoints that CloudFormation does not know; deleting the stack deletes them too."""
        sweep = self._function(
            "sweep_endpoints",
            SweepSettings(**self._names, name_prefix=self._settings.job_name_prefix),
            [
                # Lists know no resources.
                may.Statement(
                    actions=["sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs", "sagemaker:ListModels"],
                    resources=["*"],
                ),
                self._take_down(),
                *self._end_scaling(),
            ],
        )
        return CustomResource(
            self, "Endpoints", service_token=sweep.function.function_arn, resource_type="Custom::GhosteamEndpoints"
        )
