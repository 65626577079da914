"""IAM statements about slots: what roles may do with the endpoints of one environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack

from infra import permissions as may
from infra.settings import EnvironmentSettings


class SlotPermissions:
    """Statements for one environment's slots, whose names begin with its prefix."""

    def __init__(self, stack: Stack, settings: EnvironmentSettings) -> None:
        self._stack, self._name = stack, f"{settings.job_name_prefix}-*"

    def on(self, actions: Mapping[str, Sequence[str]]) -> list[may.Statement]:
        """SageMaker actions by the kind of resource that each can be limited to."""
        return [
            may.Statement(
                actions=[f"sagemaker:{action}" for action in names],
                resources=[may.sagemaker_arn(self._stack, kind, self._name)],
            )
            for kind, names in actions.items()
        ]

    def make(self) -> list[may.Statement]:
        """Make a slot and wait for it."""
        return self.on(
            {
                "endpoint": ["CreateEndpoint", "DescribeEndpoint", "AddTags"],
                "endpoint-config": ["CreateEndpoint", "CreateEndpointConfig", "AddTags"],
                "model": ["CreateModel", "AddTags"],
            }
        )

    def ask(self) -> list[may.Statement]:
        """Ask for predictions."""
        return self.on({"endpoint": ["InvokeEndpoint"]})

    def take_down(self) -> list[may.Statement]:
        """Delete a slot, and end its scaling first."""
        targets = self._stack.format_arn(
            service="application-autoscaling", resource="scalable-target", resource_name="*"
        )
        return [
            *self.on(
                {
                    "endpoint": ["DescribeEndpoint", "DeleteEndpoint", "ListTags"],
                    "endpoint-config": ["DeleteEndpointConfig", "ListTags"],
                    "model": ["DeleteModel", "ListTags"],
                }
            ),
            may.Statement(
                actions=["application-autoscaling:DeregisterScalableTarget"], resources=[targets]
            ),
            # This action knows no resources.
            may.Statement(
                actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]
            ),
        ]

    def list(self) -> may.Statement:
        """Look for slots. Lists know no resources."""
        actions = ["ListEndpoints", "ListEndpointConfigs", "ListModels"]
        return may.Statement(actions=[f"sagemaker:{name}" for name in actions], resources=["*"])
