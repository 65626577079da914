"""What AWS forces to be there for each problem: its alarms, and the clients of the API that may ask
for it.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, NestedStack, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.runtime.observability import namespace
from infra.constructs.alarms import alarm_on
from infra.constructs.clients import Clients
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import alerts_name

_ALARMS = {
    "DriftSustained": (
        "The inputs of recent predictions differ from what the model learned from.",
        "drift",
    ),
    "OutcomeDriftSustained": (
        "Outcomes, or how they keep what the model promised, differ from what it was judged on.",
        "outcome-drift",
    ),
    "PerformanceDegraded": (
        "Recent predictions are worse than the model's hold-out metric allows.",
        "performance",
    ),
}


class ProblemStack(NestedStack):
    """Nested in the stack of all problems, so that ``cdk deploy`` makes it with its folder and
    deletes it with its folder, and changes no other. It knows other stacks' resources by their
    names alone.
    """

    def __init__(
        self, scope: Construct, id: str, *, problem: str, settings: EnvironmentSettings
    ) -> None:
        super().__init__(scope, id, description=f"The problem {problem} of {settings.name}")
        Clients(self, "Clients", settings=settings, problem=problem)
        topic = Stack.of(self).format_arn(
            service="sns",
            resource=alerts_name(settings),
            arn_format=ArnFormat.NO_RESOURCE_NAME,
        )
        alerts = sns.Topic.from_topic_arn(self, "Alerts", topic)
        for metric, (meaning, runbook) in _ALARMS.items():
            alarm_on(
                self,
                metric,
                metric=cloudwatch.Metric(
                    namespace=namespace(settings.name),
                    metric_name=metric,
                    dimensions_map={"Problem": problem},
                    statistic="Maximum",
                    period=Duration.minutes(1),
                ),
                description=f"{problem}: {meaning}",
                runbook=runbook,
                alerts=alerts,
                name=f"{settings.prefix}-{problem}-{metric}",
                lasting=True,
            )
