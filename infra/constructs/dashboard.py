"""The dashboard: what the watches measured, of all problems, and of the one that is chosen on it.

It names no problem, so it is the same for any number of them; a dashboard has a price, and 500
widgets at most.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ghosteam.runtime.observability import namespace
from infra.settings import EnvironmentSettings

_MEASURED = {
    "DriftedShare": "Share of the features that drifted",
    "DriftSustained": "Drift that lasts (1: yes)",
    "OutcomeDriftSustained": "Outcomes, or what they keep of promises, drift (1: yes)",
    "PerformanceDegraded": "Worse than the model's hold-out metric allows (1: yes)",
}
_DIMENSION = "Problem"


class Dashboard(Construct):
    """CloudWatch finds the problems by their metrics: the first row shows the first 100 of them
    (what a search gives without more), the second the one that is chosen.
    """

    def __init__(self, scope: Construct, id: str, *, settings: EnvironmentSettings) -> None:
        super().__init__(scope, id)
        place = namespace(settings.name)
        once = Duration.minutes(1)
        every = [
            cloudwatch.GraphWidget(
                title=told,
                left=[
                    cloudwatch.MathExpression(
                        expression=f"SEARCH('{{{place},{_DIMENSION}}} "
                        f"MetricName=\"{metric}\"', 'Maximum')",
                        label="",
                        period=once,
                        using_metrics={},
                    )
                ],
            )
            for metric, told in _MEASURED.items()
        ]
        chosen = [
            cloudwatch.GraphWidget(
                title=f"The chosen problem: {metric}",
                left=[
                    cloudwatch.Metric(
                        namespace=place,
                        metric_name=metric,
                        dimensions_map={_DIMENSION: "chosen"},
                        statistic="Maximum",
                        period=once,
                    )
                ],
            )
            for metric in _MEASURED
        ]
        cloudwatch.Dashboard(
            self,
            "Resource",
            dashboard_name=settings.prefix,
            variables=[
                cloudwatch.DashboardVariable(
                    id="problem",
                    type=cloudwatch.VariableType.PROPERTY,
                    value=_DIMENSION,
                    input_type=cloudwatch.VariableInputType.SELECT,
                    label=_DIMENSION,
                    visible=True,
                    default_value=cloudwatch.DefaultValue.FIRST,
                    values=cloudwatch.Values.from_search_components(
                        namespace=place,
                        dimensions=[_DIMENSION],
                        metric_name="DriftSustained",
                        populate_from=_DIMENSION,
                    ),
                )
            ],
            widgets=[every, chosen],
        )
