"""What AWS forces to be there for each problem: its alarms, its dashboard, and the clients of the
API that may ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aws_cdk import ArnFormat, Duration, NestedStack, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace
from infra.constructs.alarms import alarm_on
from infra.constructs.clients import Clients
from infra.constructs.dashboard import Dashboard
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import alerts_name
from infra.widgets import problem_rows


class _Watched(NamedTuple):
    """A metric that is over 0 when something is wrong: what, and the runbook's section of it."""

    metric: str
    meaning: str
    runbook: str
    dataset: str = ""

    @property
    def id(self) -> str:
        return f"{self.dataset}-{self.metric}" if self.dataset else self.metric

    @property
    def dimensions(self) -> dict[str, str]:
        return {"Dataset": self.dataset} if self.dataset else {}


_ALWAYS = (
    _Watched(
        "DriftSustained",
        "The inputs of recent predictions differ from what the model learned from.",
        "drift",
    ),
    _Watched(
        "OutcomeDriftSustained",
        "Outcomes, or how they keep what the model promised, differ from what it was judged on.",
        "outcome-drift",
    ),
    _Watched(
        "PerformanceDegraded",
        "Recent predictions are worse than the model's hold-out metric allows.",
        "performance",
    ),
)


def _watched(spec: Problem) -> Iterator[_Watched]:
    """What a problem has alarms on: batches where a data set says what they have to be like."""
    yield from _ALWAYS
    for name, dataset in spec.datasets.items():
        if dataset.quality:
            meaning = f"The newest batch of {name} misses limits of its quality, or none came."
            yield _Watched("QualityMissed", meaning, "data-quality", name)


class ProblemStack(NestedStack):
    """Nested in the stack of all problems, so that ``cdk deploy`` makes it with its folder and
    deletes it with its folder, and changes no other. It knows other stacks' resources by their
    names alone.
    """

    def __init__(
        self, scope: Construct, id: str, *, spec: Problem, settings: EnvironmentSettings
    ) -> None:
        problem = spec.problem
        super().__init__(scope, id, description=f"The problem {problem} of {settings.name}")
        Clients(self, "Clients", settings=settings, problem=problem)
        topic = Stack.of(self).format_arn(
            service="sns",
            resource=alerts_name(settings),
            arn_format=ArnFormat.NO_RESOURCE_NAME,
        )
        alerts = sns.Topic.from_topic_arn(self, "Alerts", topic)
        names = []
        for watched in _watched(spec):
            names.append(f"{settings.prefix}-{problem}-{watched.id}")
            alarm_on(
                self,
                watched.id,
                metric=cloudwatch.Metric(
                    namespace=namespace(settings.name),
                    metric_name=watched.metric,
                    dimensions_map={"Problem": problem, **watched.dimensions},
                    statistic="Maximum",
                    period=Duration.minutes(1),
                ),
                description=f"{problem}: {watched.meaning}",
                runbook=watched.runbook,
                alerts=alerts,
                name=names[-1],
                lasting=True,
            )
        if settings.problem_dashboards:
            Dashboard(
                self,
                "Dashboard",
                settings=settings,
                name=f"{settings.prefix}-{problem}",
                rows=problem_rows(spec, names),
            )
