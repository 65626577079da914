"""Serving: the rollout of a registered model into a slot, and the API that answers through the slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.runtime.events import SOURCE
from ghosteam.runtime.settings import LandingSettings, OnlineSettings, RegistrySettings, RolloutSettings, Settings, SweepSettings
from infra import permissions as may
from infra.constructs.api import Api
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.layers import Layers
from infra.constructs.prediction_log import PredictionLog
from infra.constructs.python_function import PythonFunction
from infra.constructs.scoring import Scoring
from infra.constructs.workflow import Workflow, call
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
        self._rollout()
        self._api(features)
        Scoring(self, "Scoring", settings=settings, foundation=foundation)
        self._sweep_on_delete()

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
            RegistrySettings(**self._names, mlflow_tracking_uri=self._training.mlflow_uri),
            [*change, may.call_mlflow(self._training.mlflow_uri)],
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
            definition=_rollout_definition(
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
        rule = events.Rule(
            self,
            "OnModelRegistered",
            event_bus=found.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=["ModelRegistered"]),
        )
        rule.add_target(targets.SfnStateMachine(workflow.machine, input=events.RuleTargetInput.from_event_path("$.detail")))
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


def _rollout_definition(
    scope: Construct,
    *,
    environment: str,
    prepare: PythonFunction,
    approval: PythonFunction,
    shift: PythonFunction,
    judge: PythonFunction,
    finish: PythonFunction,
    retire: PythonFunction,
) -> sfn.IChainable:
    tags = [{"Key": "ghosteam:environment", "Value": environment}]
    of_model = {"problem.$": "$.rollout.problem", "version.$": "$.rollout.version", "run_id.$": "$.rollout.run_id"}
    begin = call(
        scope,
        "PrepareRollout",
        prepare,
        payload={
            "problem.$": "$.problem",
            "run_id.$": "$.run_id",
            "version.$": "$.version",
            "execution.$": "$$.Execution.Id",
        },
        result_path="$.rollout",
    )
    begin.add_catch(
        sfn.Succeed(scope, "AnotherRolloutIsOn", comment="A problem has one rollout at a time."),
        errors=["Conflict"],
        result_path="$.conflict",
    )

    # Whatever goes wrong from here on ends in a rollback that says why.
    give_up = sfn.Pass(
        scope, "GiveUp", parameters={"verdict": "roll_back", "reason.$": "$.failure.Cause"}, result_path="$.judgement"
    )
    conclude = call(
        scope,
        "FinishRollout",
        finish,
        payload={
            **of_model,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "verdict.$": "$.judgement.verdict",
            "reason.$": "$.judgement.reason",
        },
        result_path="$.finished",
    )
    give_up.next(conclude)

    ask = call(
        scope, "RequestApproval", approval, payload={**of_model, "token.$": "$$.Task.Token"}, result_path="$.approval", token=True
    )
    create_model = _sdk(
        scope,
        "CreateModel",
        "createModel",
        {
            "ModelName.$": "$.rollout.model_name",
            "ExecutionRoleArn.$": "$.rollout.role_arn",
            "PrimaryContainer": {
                "Image.$": "$.rollout.image",
                "ModelDataUrl.$": "$.rollout.model_uri",
                "Environment.$": "$.rollout.environment",
            },
            "Tags": tags,
        },
    )
    create_config = _sdk(
        scope,
        "CreateEndpointConfig",
        "createEndpointConfig",
        {
            "EndpointConfigName.$": "$.rollout.endpoint_config_name",
            "ProductionVariants": [
                {
                    "VariantName.$": "$.rollout.variant",
                    "ModelName.$": "$.rollout.model_name",
                    "InitialInstanceCount.$": "$.rollout.instance_count",
                    "InstanceType.$": "$.rollout.instance_type",
                    "InitialVariantWeight": 1,
                }
            ],
            "Tags": tags,
        },
    )
    create_endpoint = _sdk(
        scope,
        "CreateEndpoint",
        "createEndpoint",
        {
            "EndpointName.$": "$.rollout.endpoint_name",
            "EndpointConfigName.$": "$.rollout.endpoint_config_name",
            "Tags": tags,
        },
    )
    describe = _sdk(
        scope,
        "DescribeEndpoint",
        "describeEndpoint",
        {"EndpointName.$": "$.rollout.endpoint_name"},
        result_path="$.endpoint",
        selector={"status.$": "$.EndpointStatus"},
    )
    settle = sfn.Wait(scope, "WaitForEndpoint", time=sfn.WaitTime.duration(Duration.seconds(5)))
    broken = sfn.Pass(
        scope,
        "EndpointFailed",
        parameters={"verdict": "roll_back", "reason": "The endpoint did not come into service."},
        result_path="$.judgement",
    )
    broken.next(conclude)
    start_canary = call(
        scope,
        "ShiftTraffic",
        shift,
        payload={
            **of_model,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "model_uri.$": "$.rollout.model_uri",
            "percent.$": "$.rollout.percent",
        },
        result_path="$.canary",
    )
    first = sfn.Pass(
        scope,
        "NothingToCompare",
        parameters={"verdict": "promote", "reason": "The first model of its problem: there is no champion to compare with."},
        result_path="$.judgement",
    )
    watch = sfn.Wait(scope, "WatchCanary", time=sfn.WaitTime.seconds_path("$.rollout.watch_seconds"))
    judge_it = call(scope, "JudgeCanary", judge, payload={**of_model, "since.$": "$.canary.since"}, result_path="$.judgement")
    hold = sfn.Wait(scope, "HoldForRollback", time=sfn.WaitTime.seconds_path("$.rollout.hold_seconds"))
    clean = call(
        scope,
        "RetireSlot",
        retire,
        payload={**of_model, "endpoint_name.$": "$.finished.retire.endpoint_name"},
        result_path="$.retired",
    )
    done = sfn.Succeed(scope, "Done")

    for step in (ask, create_model, create_config, create_endpoint, describe, start_canary, judge_it):
        step.add_catch(give_up, result_path="$.failure")
    create_model.next(create_config).next(create_endpoint).next(settle).next(describe).next(
        sfn.Choice(scope, "InService?")
        .when(sfn.Condition.string_equals("$.endpoint.status", "InService"), start_canary)
        .when(sfn.Condition.string_equals("$.endpoint.status", "Failed"), broken)
        .otherwise(settle)
    )
    start_canary.next(
        sfn.Choice(scope, "First?")
        .when(sfn.Condition.boolean_equals("$.rollout.first", True), first.next(conclude))
        .otherwise(watch)
    )
    watch.next(judge_it).next(
        sfn.Choice(scope, "Judged?").when(sfn.Condition.string_equals("$.judgement.verdict", "wait"), watch).otherwise(conclude)
    )
    conclude.next(
        sfn.Choice(scope, "Anything to retire?")
        .when(sfn.Condition.is_not_null("$.finished.retire"), hold.next(clean).next(done))
        .otherwise(done)
    )
    return begin.next(
        sfn.Choice(scope, "Approval?")
        .when(sfn.Condition.string_equals("$.rollout.approval", "required"), ask.next(create_model))
        .otherwise(create_model)
    )


def _sdk(
    scope: Construct,
    id: str,
    action: str,
    parameters: dict[str, Any],
    *,
    result_path: str | None = None,
    selector: dict[str, str] | None = None,
) -> sfn.CustomState:
    """A SageMaker control-plane call through Step Functions' SDK integration."""
    state: dict[str, Any] = {
        "Type": "Task",
        "Resource": f"arn:{Stack.of(scope).partition}:states:::aws-sdk:sagemaker:{action}",
        "Parameters": parameters,
        "ResultPath": result_path or sfn.JsonPath.DISCARD,
        "Retry": [
            {
                "ErrorEquals": ["SageMaker.SageMakerException", "SageMaker.ThrottlingException"],
                "IntervalSeconds": 3,
                "MaxAttempts": 3,
                "BackoffRate": 2.0,
            }
        ],
    }
    if selector:
        state["ResultSelector"] = selector
    return sfn.CustomState(scope, id, state_json=state)
