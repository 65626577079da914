"""Serving: the rollout of a registered model into a slot, and the API that answers through the
slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import ArnFormat, CustomResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.documents.event import EventType
from ghosteam.rollout.plan import LONGEST_ROLLOUT
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import (
    LandingSettings,
    OnlineSettings,
    ReconcileSettings,
    RegistrySettings,
    RolloutSettings,
    Settings,
    SweepSettings,
)
from infra import permissions as may
from infra.constructs.alarms import absence_alarm, alarm_on
from infra.constructs.api import Api
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.layers import Layers
from infra.constructs.prediction_log import PredictionLog
from infra.constructs.python_function import PythonFunction
from infra.constructs.rollout import rollout_definition
from infra.constructs.schedule import Schedule, rate_of
from infra.constructs.scoring import Scoring
from infra.constructs.undelivered import undelivered
from infra.constructs.workflow import Workflow
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation
from infra.stacks.training import Training

_END_OF_ROLLOUT: tuple[EventType, ...] = ("ModelPromoted", "RolloutRolledBack", "ModelRegistered")
"""The last one lets the model that waits have its turn."""
_SERVER_ERRORS = 5
"""In five minutes: one failed request is no reason to call a person."""


class Serving(Stack):
    """The API's address is the stack's output ``ApiUrl``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        training: Training,
        problems: Iterable[str],
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
        # The workflows are created after the sweep, so deleted before it: none makes an endpoint
        # behind its back.
        sweep = self._sweep_on_delete()
        self._rollout().machine.node.add_dependency(sweep)
        self._api(problems)
        self._ways_back()
        Scoring(self, "Scoring", settings=settings, shared=foundation)

    def _function(
        self, name: str, settings: Settings, permissions: Sequence[iam.PolicyStatement]
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            environment=self._settings,
            settings=settings,
            layers=self._layers,
            key=self._foundation.key,
            alerts=self._foundation.alerts,
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
        change = may.change_state(
            found.state, "serving", "retraining"
        )  # a run's document says what became of its model
        shifted = may.change_state(found.state, "serving")
        judged = may.read_state(found.state, "retraining")  # the digests of what the run left
        read_runs = [
            may.read_objects(found.artifacts, "runs/"),
            may.list_objects(found.artifacts, "runs/"),
        ]
        prepare = self._function(
            "prepare_rollout",
            settings,
            [change, may.publish(found.bus, "RolloutStarted"), *read_runs],
        )
        approval = self._function(
            "request_approval",
            settings,
            [
                shifted,
                judged,
                *read_runs,
                may.Statement(actions=["sns:Publish"], resources=[found.alerts.topic_arn]),
            ],
        )
        shift = self._function("shift_traffic", settings, [shifted, judged, *read_runs])
        judge = self._function(
            "judge_canary",
            settings,
            [
                may.read_state(found.state, "serving"),
                may.read_objects(found.lake, "predictions/"),
                may.list_objects(found.lake, "predictions/"),
            ],
        )
        finish = self._function(
            "finish_rollout",
            RegistrySettings(**self._names, mlflow_tracking_uri=self._training.mlflow.uri),
            [change, may.publish(found.bus, *_END_OF_ROLLOUT), *self._training.mlflow.may],
        )
        retire = self._function(
            "retire_slot",
            settings,
            [
                shifted,
                *self._take_down(),
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
                key_arn=found.key.key_arn,
                prepare=prepare,
                approval=approval,
                shift=shift,
                judge=judge,
                finish=finish,
                retire=retire,
            ),
            timeout=Duration.seconds(int(LONGEST_ROLLOUT.total_seconds())),
            functions=[prepare, approval, shift, judge, finish, retire],
            may=[
                *self._slots(
                    {
                        "endpoint": ["CreateEndpoint", "DescribeEndpoint", "AddTags"],
                        "endpoint-config": ["CreateEndpoint", "CreateEndpointConfig", "AddTags"],
                        "model": ["CreateModel", "AddTags"],
                    }
                ),
                *may.use_key_for_volumes(found.key),
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

    def _api(self, problems: Iterable[str]) -> None:
        found = self._foundation
        predict = self._function(
            "predict",
            OnlineSettings(**self._names, online_prefix=self._settings.online_prefix),
            [
                may.read_state(found.state, "serving"),
                may.read_online(self, self._settings.online_prefix),
                *self._slots({"endpoint": ["InvokeEndpoint"]}),
            ],
        )
        accept = self._function(
            "accept_events",
            LandingSettings(**self._names, landing_bucket=found.landing.bucket_name),
            [may.write_objects(found.landing, "")],
        )
        api = Api(
            self,
            "Api",
            settings=self._settings,
            key=found.key,
            predict=predict,
            accept_events=accept,
            problems=sorted(problems),
        )
        five_minutes: dict[str, Any] = {"period": Duration.minutes(5), "statistic": "Sum"}
        alarm_on(
            self,
            "ApiErrors",
            metric=api.http.metric_server_error(**five_minutes),
            threshold=_SERVER_ERRORS,
            description="The API answered several requests with a server error.",
            runbook="api-errors",
            alerts=found.alerts,
        )
        alarm_on(
            self,
            "PredictionErrors",
            metric=cloudwatch.Metric(
                namespace=namespace(self._settings.name),
                metric_name="PredictionErrors",
                **five_minutes,
            ),
            threshold=_SERVER_ERRORS,
            description="A model's endpoint failed to score rows.",
            runbook="prediction-errors",
            alerts=found.alerts,
        )
        PredictionLog(
            self,
            "PredictionLog",
            settings=self._settings,
            source=predict.log_group,
            lake=found.lake,
            key=found.key,
            alerts=found.alerts,
        )

    def _ways_back(self) -> None:
        """A person may go back to the last model; a clock repairs what a death left behind."""
        found, settings = self._foundation, self._settings
        change = may.change_state(found.state, "serving", "retraining")
        self._function(
            "roll_back",
            Settings(**self._names),
            [change, may.publish(found.bus, "ModelRegistered", "ChampionRolledBack")],
        )
        executions = [
            self.format_arn(
                service="states",
                resource="execution",
                resource_name=f"{settings.prefix}-{machine}:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for machine in ("rollout", "retraining")
        ]
        reconcile = self._function(
            "reconcile",
            ReconcileSettings(
                **self._names,
                mlflow_tracking_uri=self._training.mlflow.uri,
                name_prefix=settings.job_name_prefix,
            ),
            [
                change,
                may.publish(found.bus, "Reconciled", *_END_OF_ROLLOUT),
                may.Statement(actions=["states:DescribeExecution"], resources=executions),
                self._list(),
                *self._take_down(),
                *self._end_scaling(),
                *self._training.mlflow.may,
            ],
        )
        lost = undelivered(self, key=found.key, alerts=found.alerts)
        role = iam.Role(
            self, "SchedulerRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        role.add_to_policy(may.send_messages(lost))
        role.add_to_policy(may.use_key(found.key))
        role.add_to_policy(
            may.Statement(
                actions=["lambda:InvokeFunction"], resources=[reconcile.function.function_arn]
            )
        )
        Schedule(
            self,
            "Reconcile",
            name=f"{settings.prefix}-reconcile",
            rate=settings.reconcile_schedule,
            function=reconcile,
            role=role,
            document={},
            lost=lost,
        )
        absence_alarm(
            self,
            "ReconcileAbsent",
            step="reconcile",
            environment=settings.name,
            every=rate_of(settings.reconcile_schedule),
            alerts=found.alerts,
        )

    def _list(self) -> may.Statement:
        # Lists know no resources.
        actions = [
            "sagemaker:ListEndpoints",
            "sagemaker:ListEndpointConfigs",
            "sagemaker:ListModels",
        ]
        return may.Statement(actions=actions, resources=["*"])

    def _slots(self, actions: Mapping[str, Sequence[str]]) -> list[may.Statement]:
        """SageMaker actions by the kind of resource that each can be limited to, on what this
        environment's slots are of.
        """
        name = f"{self._settings.job_name_prefix}-*"
        return [
            may.Statement(
                actions=[f"sagemaker:{action}" for action in names],
                resources=[may.sagemaker_arn(self, kind, name)],
            )
            for kind, names in actions.items()
        ]

    def _take_down(self) -> list[may.Statement]:
        return self._slots(
            {
                "endpoint": ["DescribeEndpoint", "DeleteEndpoint", "ListTags"],
                "endpoint-config": ["DeleteEndpointConfig", "ListTags"],
                "model": ["DeleteModel", "ListTags"],
            }
        )

    def _end_scaling(self) -> list[may.Statement]:
        targets_arn = self.format_arn(
            service="application-autoscaling", resource="scalable-target", resource_name="*"
        )
        return [
            may.Statement(
                actions=["application-autoscaling:DeregisterScalableTarget"],
                resources=[targets_arn],
            ),
            # This action knows no resources.
            may.Statement(
                actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]
            ),
        ]

    def _sweep_on_delete(self) -> CustomResource:
        """Workflows make endpoints that CloudFormation does not know; deleting the stack deletes
        them too.
        """
        sweep = self._function(
            "sweep_endpoints",
            SweepSettings(**self._names, name_prefix=self._settings.job_name_prefix),
            [
                self._list(),
                *self._take_down(),
                *self._end_scaling(),
            ],
        )
        return CustomResource(
            self,
            "Endpoints",
            service_token=sweep.function.function_arn,
            resource_type="Custom::GhosteamEndpoints",
        )
