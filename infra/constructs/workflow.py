"""A state machine of this project: logged, by setting traced, allowed to do what its states do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.alarms import alarm_on
from infra.constructs.log_group import log_group
from infra.constructs.python_function import PythonFunction
from infra.settings import EnvironmentSettings

_PASSING_FAULTS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Transient",
]


def call(
    scope: Construct,
    id: str,
    function: PythonFunction,
    *,
    payload: Mapping[str, object],
    result_path: str | None,
    answered_within: Duration | None = None,
    also_retry: Sequence[str] = (),
    patient: bool = False,
) -> sfn.CustomState:
    """Call a function with ``payload``; with ``answered_within`` wait so long until someone answers
    the task token in it.

    ``also_retry``: errors beside the passing ones that another attempt cures; ``patient``: try for
    hours, not for seconds.
    """
    resource, parameters = function.target.function_arn, dict(payload)
    if answered_within:
        resource = f"arn:{Stack.of(scope).partition}:states:::lambda:invoke.waitForTaskToken"
        parameters = {"FunctionName": function.target.function_arn, "Payload": parameters}
    state = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        "ResultPath": result_path or sfn.JsonPath.DISCARD,
        **({"TimeoutSeconds": answered_within.to_seconds()} if answered_within else {}),
        "Retry": [
            {
                "ErrorEquals": [*_PASSING_FAULTS, *also_retry],
                "IntervalSeconds": 2,
                "MaxAttempts": 14 if patient else 4,
                "BackoffRate": 2.0,
                "MaxDelaySeconds": 900,
            }
        ],
    }
    return sfn.CustomState(scope, id, state_json=state)


class Workflow(Construct):
    """Attribute ``machine``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        key: kms.IKey,
        alerts: sns.ITopic,
        definition: sfn.IChainable,
        timeout: Duration,
        functions: Sequence[PythonFunction],
        may: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        name = f"{settings.prefix}-{id.lower()}"
        group = log_group(
            self, "Logs", f"/aws/vendedlogs/states/{name}", settings=settings, key=key
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        if functions:
            targets = [function.target.function_arn for function in functions]
            role.add_to_policy(
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=targets)
            )
        for statement in may:
            role.add_to_policy(statement)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            role=role,
            definition_body=sfn.DefinitionBody.from_chainable(definition),
            timeout=timeout,
            tracing_enabled=settings.traces,
            # Without the data of states: a task token in it would let a reader of the log answer
            # for a person. Step Functions' own history has them for those who may describe
            # executions.
            logs=sfn.LogOptions(
                destination=group, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        for id_, metric, what in (
            ("Failed", self.machine.metric_failed, "failed; its history says why"),
            ("TimedOut", self.machine.metric_timed_out, "took longer than it may"),
        ):
            alarm_on(
                self,
                id_,
                metric=metric(period=Duration.minutes(1), statistic="Sum"),
                description=f"An execution of {name} {what}.",
                runbook="failed-executions",
                alerts=alerts,
            )
