"""The rollout of a registered model, as states of a workflow.

A slot is an endpoint of its own, so that the champion goes on serving whatever happens to the challenger.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.constructs.workflow import call


def rollout_definition(
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
    """The states of a rollout: approval, a slot, a canary that is judged, and what follows from the verdict."""
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
