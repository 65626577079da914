"""The rollout of a registered model, as states of a workflow.

A slot is an endpoint of its own, so that the champion goes on serving whatever happens to the
challenger.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.rollout.plan import APPROVAL_TIME
from infra.constructs.python_function import PythonFunction
from infra.constructs.workflow import call


def rollout_definition(
    scope: Construct,
    *,
    environment: str,
    key_arn: str,
    prepare: PythonFunction,
    approval: PythonFunction,
    shift: PythonFunction,
    judge: PythonFunction,
    finish: PythonFunction,
    retire: PythonFunction,
) -> sfn.IChainable:
    """The states of a rollout: approval, a slot, a canary that is judged, and what follows from the
    verdict.

    Whatever goes wrong before the verdict ends in a rollback that says why. What cannot be finished
    or retired fails the execution, which alarms; the reconciler then repairs what it left.
    """
    states = _States(scope, environment, key_arn)
    begin = call(
        scope,
        "PrepareRollout",
        prepare,
        payload={"request.$": "$", "execution.$": "$$.Execution.Id"},
        result_path="$.rollout",
        also_retry=["Conflict"],  # somebody else wrote the same document in this moment
    )
    conclude = _conclusion(scope, finish, retire)
    give_up = _give_up(scope, conclude)
    ask = call(
        scope,
        "RequestApproval",
        approval,
        payload={**_OF_MODEL, "token.$": "$$.Task.Token"},
        result_path="$.approval",
        answered_within=Duration.seconds(int(APPROVAL_TIME.total_seconds())),
    )
    start_canary = call(
        scope,
        "ShiftTraffic",
        shift,
        payload={
            **_OF_MODEL,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "model_uri.$": "$.rollout.model_uri",
            "percent.$": "$.rollout.percent",
        },
        result_path="$.canary",
    )
    first = _verdict(
        scope,
        "NothingToCompare",
        "promote",
        "The first model of its problem: there is no champion to compare with.",
    )
    forced = _verdict(scope, "WithoutCanary", "promote", "Brought back by force, without a canary.")
    watch = sfn.Wait(scope, "WatchCanary", time=sfn.WaitTime.seconds_path("$.rollout.look_seconds"))
    judge_it = call(
        scope,
        "JudgeCanary",
        judge,
        payload={**_OF_MODEL, "since.$": "$.canary.since"},
        result_path="$.judgement",
    )

    create = states.slot(in_service=start_canary, broken=conclude)
    for step in (ask, *states.calls, start_canary, judge_it):
        step.add_catch(give_up, result_path="$.failure")
    start_canary.next(
        sfn.Choice(scope, "Canary?")
        .when(sfn.Condition.boolean_equals("$.rollout.first", True), first.next(conclude))
        .when(sfn.Condition.boolean_equals("$.rollout.canary", False), forced.next(conclude))
        .otherwise(watch)
    )
    watch.next(judge_it).next(
        sfn.Choice(scope, "Judged?")
        .when(sfn.Condition.string_equals("$.judgement.verdict", "wait"), watch)
        .otherwise(conclude)
    )
    return begin.next(
        sfn.Choice(scope, "Approval?")
        .when(
            sfn.Condition.is_present("$.rollout.skip"),
            sfn.Succeed(
                scope,
                "NothingToRollOut",
                comment="It serves, waits for its turn, or is superseded: $.rollout.skip",
            ),
        )
        .when(sfn.Condition.string_equals("$.rollout.approval", "required"), ask.next(create))
        .otherwise(create)
    )


_OF_MODEL = {
    "problem.$": "$.rollout.problem",
    "version.$": "$.rollout.version",
    "run_id.$": "$.rollout.run_id",
}
_POLL = Duration.seconds(5)
_POLLS = 720
"""An hour: SageMaker gives an endpoint up long before."""
_BROKEN = ("Failed", "OutOfService", "UpdateRollbackFailed", "Deleting")


def _verdict(scope: Construct, id: str, verdict: str, reason: str) -> sfn.Pass:
    return sfn.Pass(
        scope, id, parameters={"verdict": verdict, "reason": reason}, result_path="$.judgement"
    )


def _give_up(scope: Construct, conclude: sfn.IChainable) -> sfn.Choice:
    """Roll back with the failure's cause as the reason; a task that a person failed may have
    none.
    """
    told = {
        "verdict": "roll_back",
        "reason.$": "States.Format('{}: {}', $.failure.Error, $.failure.Cause)",
    }
    untold = {"verdict": "roll_back", "reason.$": "$.failure.Error"}
    explained = sfn.Pass(scope, "GiveUp", parameters=told, result_path="$.judgement")
    unexplained = sfn.Pass(scope, "GiveUpUnexplained", parameters=untold, result_path="$.judgement")
    return (
        sfn.Choice(scope, "Explained?")
        .when(sfn.Condition.is_present("$.failure.Cause"), explained.next(conclude))
        .otherwise(unexplained.next(conclude))
    )


def _conclusion(
    scope: Construct, finish: PythonFunction, retire: PythonFunction
) -> sfn.CustomState:
    """Carry out the verdict. A rolled-back slot goes at once, a replaced champion's is kept for a
    while.
    """
    conclude = call(
        scope,
        "FinishRollout",
        finish,
        payload={
            **_OF_MODEL,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "verdict.$": "$.judgement.verdict",
            "reason.$": "$.judgement.reason",
        },
        result_path="$.finished",
        patient=True,
    )
    clean = call(
        scope,
        "RetireSlot",
        retire,
        payload={**_OF_MODEL, "endpoint_name.$": "$.finished.retire.endpoint_name"},
        result_path="$.retired",
        patient=True,
    )
    hold = sfn.Wait(
        scope, "HoldForRollback", time=sfn.WaitTime.seconds_path("$.rollout.hold_seconds")
    )
    done = sfn.Succeed(scope, "Done")
    unfinished = sfn.Fail(
        scope, "Unfinished", error_path="$.failure.Error", cause_path="$.failure.Cause"
    )
    for step in (conclude, clean):
        step.add_catch(unfinished, result_path="$.failure")
    clean.next(done)
    conclude.next(
        sfn.Choice(scope, "Anything to retire?")
        .when(
            sfn.Condition.and_(
                sfn.Condition.is_not_null("$.finished.retire"),
                sfn.Condition.string_equals("$.judgement.verdict", "promote"),
            ),
            hold.next(clean),
        )
        .when(sfn.Condition.is_not_null("$.finished.retire"), clean)
        .otherwise(done)
    )
    return conclude


class _States:
    """The states that make a slot: a model, its endpoint's configuration, the endpoint, in service
    or not.
    """

    def __init__(self, scope: Construct, environment: str, key_arn: str) -> None:
        self._scope = scope
        self._key_arn = key_arn
        self._tags = [{"Key": "ghosteam:environment", "Value": environment}]
        self.calls: list[sfn.CustomState] = []

    def slot(self, *, in_service: sfn.IChainable, broken: sfn.IChainable) -> sfn.IChainable:
        """Goes on to ``in_service``, or with a verdict and SageMaker's reason to ``broken``."""
        model = self._call(
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
                # SageMaker brings the model; the container itself asks nobody.
                "EnableNetworkIsolation": True,
                "Tags": self._tags,
            },
        )
        config = self._call(
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
                "KmsKeyId": self._key_arn,
                "Tags": self._tags,
            },
        )
        endpoint = self._call(
            "CreateEndpoint",
            "createEndpoint",
            {
                "EndpointName.$": "$.rollout.endpoint_name",
                "EndpointConfigName.$": "$.rollout.endpoint_config_name",
                "Tags": self._tags,
            },
        )
        describe = self._call(
            "DescribeEndpoint",
            "describeEndpoint",
            {"EndpointName.$": "$.rollout.endpoint_name"},
            result_path="$.endpoint",
        )
        start = sfn.Pass(
            self._scope,
            "NoPollsYet",
            result=sfn.Result.from_object({"count": 0}),
            result_path="$.polls",
        )
        settle = sfn.Wait(self._scope, "WaitForEndpoint", time=sfn.WaitTime.duration(_POLL))
        count = sfn.Pass(
            self._scope,
            "CountPoll",
            parameters={"count.$": "States.MathAdd($.polls.count, 1)"},
            result_path="$.polls",
        )
        model.next(config).next(endpoint).next(start).next(settle).next(count).next(describe).next(
            sfn.Choice(self._scope, "InService?")
            .when(sfn.Condition.string_equals("$.endpoint.EndpointStatus", "InService"), in_service)
            .when(self._is_broken(), self._broken(broken))
            .when(
                sfn.Condition.number_greater_than_equals("$.polls.count", _POLLS),
                _verdict(
                    self._scope,
                    "NeverInService",
                    "roll_back",
                    "The endpoint was not in service within an hour.",
                ).next(broken),
            )
            .otherwise(settle)
        )
        return model

    def _is_broken(self) -> sfn.Condition:
        return sfn.Condition.or_(
            *(
                sfn.Condition.string_equals("$.endpoint.EndpointStatus", status)
                for status in _BROKEN
            )
        )

    def _broken(self, then: sfn.IChainable) -> sfn.Choice:
        """SageMaker gives a reason with most of these statuses."""
        said = (
            "States.Format('The endpoint is {}: {}', $.endpoint.EndpointStatus, "
            "$.endpoint.FailureReason)"
        )
        unsaid = (
            "States.Format('The endpoint is {}; SageMaker gives no reason.', "
            "$.endpoint.EndpointStatus)"
        )
        passes = [
            sfn.Pass(
                self._scope,
                id,
                parameters={"verdict": "roll_back", "reason.$": reason},
                result_path="$.judgement",
            ).next(then)
            for id, reason in (("EndpointFailed", said), ("EndpointFailedUnexplained", unsaid))
        ]
        return (
            sfn.Choice(self._scope, "Reason?")
            .when(sfn.Condition.is_present("$.endpoint.FailureReason"), passes[0])
            .otherwise(passes[1])
        )

    def _call(
        self, id: str, action: str, parameters: dict[str, Any], *, result_path: str | None = None
    ) -> sfn.CustomState:
        made = _sdk(self._scope, id, action, parameters, result_path=result_path)
        self.calls.append(made)
        return made


def _sdk(
    scope: Construct,
    id: str,
    action: str,
    parameters: dict[str, Any],
    *,
    result_path: str | None = None,
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
    return sfn.CustomState(scope, id, state_json=state)
