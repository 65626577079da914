"""A Lambda function of this project: its code folder, layers, settings, log group and a role of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.runtime.settings import Settings
from infra.constructs.alarms import alarm_on
from infra.constructs.layers import Layers
from infra.constructs.log_group import log_group
from infra.functions import FUNCTIONS
from infra.settings import ROOT, EnvironmentSettings


class PythonFunction(Construct):
    """``function``: the Lambda function; ``target``: what callers invoke (an alias where SnapStart
    needs a version).
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: EnvironmentSettings,
        settings: Settings,
        layers: Layers,
        key: kms.IKey,
        may: Sequence[iam.PolicyStatement],
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, "".join(part.capitalize() for part in name.split("_")) + "Function")
        self.name = name
        spec = FUNCTIONS[name]
        function_name = f"{environment.prefix}-{name.replace('_', '-')}"
        self.log_group = log_group(
            self, "Logs", f"/aws/lambda/{function_name}", settings=environment, key=key
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self.log_group.log_group_arn],
            )
        )
        for statement in may:
            role.add_to_policy(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.X86_64,
            handler="handler.handler",
            code=lambda_.Code.from_asset(
                str(ROOT / "functions" / name), exclude=["__pycache__", "*.pyc"]
            ),
            layers=[layers.get(layer) for layer in spec.layers],
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            ephemeral_storage_size=Size.mebibytes(spec.storage),
            environment={**settings.to_environment(), **dict(spec.variables)},
            log_group=self.log_group,
            role=role,
            tracing=lambda_.Tracing.ACTIVE if environment.traces else lambda_.Tracing.DISABLED,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if spec.snap_start else None,
        )
        self.target: lambda_.IFunction = self.function
        if spec.snap_start:
            self.target = lambda_.Alias(
                self, "Live", alias_name="live", version=self.function.current_version
            )
        if spec.alarms:
            for id, metric, what in (
                ("Errors", self.function.metric_errors, "failed or took longer than it may"),
                (
                    "Throttles",
                    self.function.metric_throttles,
                    "was throttled: the account's concurrency is used up",
                ),
            ):
                alarm_on(
                    self,
                    id,
                    metric=metric(period=Duration.minutes(5), statistic="Sum"),
                    description=f"{function_name} {what}; its log says more.",
                    runbook="failed-functions",
                    alerts=alerts,
                )
