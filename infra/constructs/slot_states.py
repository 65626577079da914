"""The states that make a slot: a model, its endpoint's configuration, the endpoint, in service or
not.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

_POLL = Duration.seconds(5)
_POLLS = 720
"""An hour: SageMaker gives an endpoint up long before."""
_BROKEN = ("Failed", "OutOfService", "UpdateRollbackFailed", "Deleting")


def verdict_of(scope: Construct, id: str, verdict: str, reason: str) -> sfn.Pass:
    """A verdict that no canary gave."""
    return sfn.Pass(
        scope, id, parameters={"verdict": verdict, "reason": reason}, result_path="$.judgement"
    )


class SlotStates:
    """See the module. ``calls``: the states that call SageMaker, for whoever catches their
    failures.
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
                "ProductionVariants.$": "$.rollout.production_variants",
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
                verdict_of(
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
        self,
        id: str,
        action: str,
        parameters: Mapping[str, object],
        *,
        result_path: str | None = None,
    ) -> sfn.CustomState:
        made = _sdk(self._scope, id, action, parameters, result_path=result_path)
        self.calls.append(made)
        return made


def _sdk(
    scope: Construct,
    id: str,
    action: str,
    parameters: Mapping[str, object],
    *,
    result_path: str | None = None,
) -> sfn.CustomState:
    """A SageMaker control-plane call through Step Functions' SDK integration."""
    state = {
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
