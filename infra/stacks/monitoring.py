"""Monitoring: the watches, each with its turn for every problem, the channels of alerts, the drift
report and the dashboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE, EventType
from ghosteam.documents.work import Work
from ghosteam.features.views import online_table
from ghosteam.runtime.settings import MonitorSettings, OutcomeSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm
from infra.constructs.alert_channels import AlertChannels
from infra.constructs.dashboard import Dashboard
from infra.constructs.drift_report import DriftReport
from infra.constructs.functions import Functions
from infra.constructs.log_compaction import LogCompaction
from infra.constructs.problem_work import ProblemWork
from infra.constructs.schedule import rate_of
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation
from infra.widgets import fleet_rows

_PUBLISHES: dict[Work, tuple[EventType, ...]] = {
    "check_drift": ("DriftDetected",),
    "check_performance": ("PerformanceDegraded", "ValueDropped", "RegretReached", "DriftDetected"),
}
# Outcomes are scored when they arrive, and those that are left when some are withdrawn: once their
# events can be found, which is when they are in the online windows.
_HEARS: dict[Work, Mapping[str, events.EventPattern]] = {
    "check_drift": {},
    "check_performance": {
        "Labelled": events.EventPattern(source=[SOURCE], detail_type=["FeaturesMaterialized"])
    },
}

_SCORES: Work = "check_performance"


class Monitoring(Stack):
    """One schedule a watch, whatever the number of problems. A problem's alarms stand in its own
    stack.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        has_problems: bool,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        functions = Functions(self, environment=settings, shared=foundation)
        for name, publishes in _PUBLISHES.items():
            function = functions.make(
                name,
                OutcomeSettings if name == _SCORES else MonitorSettings,
                [
                    may.change_state(foundation.state, "monitoring"),
                    may.read_state(foundation.state, "data", "serving"),
                    may.read_objects(foundation.lake, *may.LOG, keys.VALIDATED),
                    may.list_objects(foundation.lake, *may.LOG),
                    may.read_objects(foundation.artifacts, keys.RUNS, keys.DEFINITIONS),
                    may.list_objects(foundation.artifacts, keys.RUNS, keys.DEFINITIONS),
                    may.publish(foundation.bus, *publishes),
                    *(_finds_outcomes(self, settings, foundation) if name == _SCORES else ()),
                ],
            )
            ProblemWork(
                self,
                f"Watch-{name}",
                work=name,
                function=function,
                settings=settings,
                shared=foundation,
                patterns=_HEARS[name],
                every=settings.watch_schedule,
            )
            # Without a problem there is no turn to miss.
            if has_problems:
                absence_alarm(
                    self,
                    f"{name}-Absent",
                    step=name,
                    settings=settings,
                    every=rate_of(settings.watch_schedule),
                    alerts=foundation.alerts,
                )
        LogCompaction(
            self, "PredictionLog", settings=settings, shared=foundation, functions=functions
        )
        AlertChannels(self, "Channels", settings=settings, shared=foundation, functions=functions)
        DriftReport(self, "Reports", settings=settings, shared=foundation)
        Dashboard(self, "Dashboard", settings=settings, name=settings.prefix, rows=fleet_rows())


def _finds_outcomes(
    stack: Stack, settings: EnvironmentSettings, foundation: Foundation
) -> Iterator[may.Statement]:
    """What waits to be judged; the marks of events, and whether they are made."""
    yield may.change_state(foundation.state, "judging")
    yield may.read_state(foundation.state, "features")
    yield may.read_online(stack, online_table(settings.online_prefix))
