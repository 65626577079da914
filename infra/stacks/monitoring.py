"""Monitoring: scheduled watches of every problem, their alarms, the drift report and the
dashboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents.event import SOURCE, EventType
from ghosteam.features.views import online_table
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import MonitorSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm, alarm_on
from infra.constructs.drift_report import DriftReport
from infra.constructs.functions import Functions
from infra.constructs.log_compaction import LogCompaction
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.schedule import Clock, Schedule, rate_of
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation

_WATCHES = {
    "check_drift": (
        "DriftSustained",
        "The inputs of recent predictions differ from what the model learned from.",
    ),
    "check_performance": (
        "PerformanceDegraded",
        "Recent predictions are worse than the model's hold-out metric allows.",
    ),
}
_PUBLISHES: dict[str, EventType] = {
    "check_drift": "DriftDetected",
    "check_performance": "PerformanceDegraded",
}
_RUNBOOK = {"DriftSustained": "drift", "PerformanceDegraded": "performance"}

_SCORES = "check_performance"


class Monitoring(Stack):
    """One alarm a problem and watch; each reaches the alert topic."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        problems: Mapping[str, Problem],
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self._foundation = foundation
        functions = Functions(self, environment=settings, shared=foundation)
        widgets: list[cloudwatch.IWidget] = []
        for name, (metric_name, meaning) in _WATCHES.items():
            function = functions.make(
                name,
                MonitorSettings,
                [
                    may.change_state(foundation.state, "monitoring"),
                    may.read_state(foundation.state, "data", "serving"),
                    may.read_objects(foundation.lake, *may.LOG, "validated/"),
                    may.list_objects(foundation.lake, *may.LOG),
                    may.read_objects(foundation.artifacts, "runs/"),
                    may.list_objects(foundation.artifacts, "runs/"),
                    may.publish(foundation.bus, _PUBLISHES[name]),
                    *(_reads_marks(self, settings, foundation) if name == _SCORES else ()),
                ],
            )
            clock = Clock(self, f"Clock-{name}", function=function, shared=foundation)
            for problem in problems.values():
                Schedule(
                    self,
                    f"Schedule-{name}-{problem.problem}",
                    clock=clock,
                    name=f"{settings.prefix}-{problem.problem}-{name.replace('_', '-')}",
                    rate=settings.watch_schedule,
                    document={"problem": problem.problem},
                )
                metric = cloudwatch.Metric(
                    namespace=namespace(settings.name),
                    metric_name=metric_name,
                    dimensions_map={"Problem": problem.problem},
                    statistic="Maximum",
                    period=Duration.minutes(1),
                )
                alarm = alarm_on(
                    self,
                    f"{metric_name}-{problem.problem}",
                    metric=metric,
                    description=f"{problem.problem}: {meaning}",
                    runbook=_RUNBOOK[metric_name],
                    alerts=foundation.alerts,
                    name=f"{settings.prefix}-{problem.problem}-{metric_name}",
                )
                widgets.append(
                    cloudwatch.GraphWidget(title=f"{problem.problem}: {metric_name}", left=[metric])
                )
                widgets.append(cloudwatch.AlarmWidget(title=meaning, alarm=alarm))
            if problems:
                absence_alarm(
                    self,
                    f"{name}-Absent",
                    step=name,
                    environment=settings.name,
                    every=rate_of(settings.watch_schedule),
                    alerts=foundation.alerts,
                )
            if name == _SCORES:
                self._score_on_labels(function, problems)
        LogCompaction(
            self, "PredictionLog", settings=settings, shared=foundation, functions=functions
        )
        DriftReport(self, "Reports", settings=settings, shared=foundation)
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=settings.prefix, widgets=[widgets])

    def _score_on_labels(self, function: PythonFunction, problems: Mapping[str, Problem]) -> None:
        """Outcomes are scored when they arrive, and those that are left when some are withdrawn:
        once their events can be found, which is when they are in the online windows.
        """
        QueueTrigger(
            self,
            "Labelled",
            function=function,
            patterns={
                problem.problem: events.EventPattern(
                    source=[SOURCE],
                    detail_type=["FeaturesMaterialized"],
                    detail={
                        "problem": [problem.problem],
                        "dataset": [
                            name for name in (problem.events_name, problem.labels_name) if name
                        ],
                    },
                )
                for problem in problems.values()
            },
            bus=self._foundation.bus,
            key=self._foundation.key,
            alerts=self._foundation.alerts,
        )


def _reads_marks(
    stack: Stack, settings: EnvironmentSettings, foundation: Foundation
) -> Iterator[may.Statement]:
    """The marks of events, and whether they are made."""
    yield may.read_state(foundation.state, "features")
    yield may.read_online(stack, online_table(settings.online_prefix))
