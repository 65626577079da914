"""A role of a SageMaker job: its logs, its metrics, and what the job is given."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.job_image import JobImage


class JobRole(Construct):
    """Attribute ``role``."""

    def __init__(
        self, scope: Construct, id: str, *, image: JobImage, may: Sequence[iam.PolicyStatement]
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
        )
        groups = Stack.of(self).format_arn(service="logs", resource="log-group:/aws/sagemaker/*")
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                resources=[groups],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={
                    "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}
                },
            )
        )
        for statement in may:
            self.role.add_to_policy(statement)
        image.may_be_pulled_by(self.role)
