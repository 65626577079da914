"""Monitoring: scheduled watches of every problem, their alarms, the drift report and the
dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE, EventType
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import MonitorSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm, alarm_on
from infra.constructs.job import processing_job, run_jobs
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.layers import Layers
from infra.constructs.patience import failed_as_told, no_tries_yet, patient
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.schedule import Schedule, rate_of
from infra.constructs.undelivered import undelivered
from infra.constructs.workflow import Workflow
from infra.constructs.workflow_trigger import WorkflowTrigger
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
        self._settings, self._foundation = settings, foundation
        layers = Layers(self, "Layers", settings=settings)
        self._scheduler_role = iam.Role(
            self, "SchedulerRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        self._undelivered = undelivered(self, key=foundation.key, alerts=foundation.alerts)
        self._scheduler_role.add_to_policy(may.send_messages(self._undelivered))
        widgets: list[cloudwatch.IWidget] = []
        for name, (metric_name, meaning) in _WATCHES.items():
            function = PythonFunction(
                self,
                name,
                environment=settings,
                settings=MonitorSettings(
                    environment_name=settings.name,
                    state_table=foundation.state.table_name,
                    bus_name=foundation.bus.event_bus_name,
                    lake_bucket=foundation.lake.bucket_name,
                    artifact_bucket=foundation.artifacts.bucket_name,
                ),
                layers=layers,
                key=foundation.key,
                alerts=foundation.alerts,
                may=[
                    may.change_state(foundation.state, "monitoring"),
                    may.read_state(foundation.state, "data", "serving"),
                    may.read_objects(foundation.lake, "predictions/", "validated/"),
                    may.list_objects(foundation.lake, "predictions/"),
                    may.read_objects(foundation.artifacts, "runs/"),
                    may.list_objects(foundation.artifacts, "runs/"),
                    may.publish(foundation.bus, _PUBLISHES[name]),
                    may.use_key(foundation.key),
                ],
            )
            self._scheduler_role.add_to_policy(
                may.Statement(
                    actions=["lambda:InvokeFunction"], resources=[function.function.function_arn]
                )
            )
            for problem in problems.values():
                self._schedule(name, function, problem)
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
            if name == "check_performance":
                self._score_on_labels(function, problems)
        self._drift_report()
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=settings.prefix, widgets=[widgets])

    def _schedule(self, name: str, function: PythonFunction, problem: Problem) -> None:
        Schedule(
            self,
            f"Schedule-{name}-{problem.problem}",
            name=f"{self._settings.prefix}-{problem.problem}-{name.replace('_', '-')}",
            rate=self._settings.watch_schedule,
            function=function,
            role=self._scheduler_role,
            document={"problem": problem.problem},
            lost=self._undelivered,
        )

    def _score_on_labels(self, function: PythonFunction, problems: Mapping[str, Problem]) -> None:
        """New outcomes are scored when they arrive."""
        QueueTrigger(
            self,
            "Labelled",
            function=function,
            patterns={
                problem.problem: events.EventPattern(
                    source=[SOURCE],
                    detail_type=["BatchValidated"],
                    detail={"problem": [problem.problem], "dataset": [problem.events_name]},
                )
                for problem in problems.values()
            },
            bus=self._foundation.bus,
            key=self._foundation.key,
            alerts=self._foundation.alerts,
        )

    def _drift_report(self) -> None:
        """A detected drift starts a job that writes an HTML report for people."""
        found, settings = self._foundation, self._settings
        image = JobImage(self, "JobImage", uri=settings.job_image, target="train")
        problems = ProblemFiles(self, "Problems")
        role = JobRole(
            self,
            "ReportRole",
            image=image,
            may=[
                *problems.may,
                may.read_objects(found.artifacts, "runs/"),
                may.write_objects(found.artifacts, "reports/"),
                may.read_objects(found.lake, "predictions/"),
                may.list_objects(found.lake, "predictions/"),
                may.use_key(found.key),
            ],
        ).role
        rows = f"{_uri(found.artifacts, keys.training_set('{}', '{}'))}/train.parquet"
        report = processing_job(
            self,
            "WriteReport",
            settings=settings,
            image=image.uri,
            role=role,
            key=found.key,
            name=f"States.Format('{settings.job_name_prefix}-report-{{}}', States.UUID())",
            arguments=(
                "States.Array('process', 'drift_report', '--problem', $.problem, '--window-start', "
                "$.window_start, "
                "'--window-end', $.window_end, '--log-uri', "
                f"'{_uri(found.lake, keys.PREDICTIONS)}', '--reference-uri', "
                f"States.Format('{rows}', $.problem, $.run_id), "
                "'--reference-digest', $.train_digest)"
            ),
            inputs=[problems.channel],
            output=(
                "report",
                f"States.Format('{_uri(found.artifacts, keys.drift_report('{}', '{}'))}', "
                "$.problem, $.window_id)",
            ),
            max_seconds=1800,
        )
        workflow = Workflow(
            self,
            "DriftReport",
            settings=settings,
            key=found.key,
            alerts=found.alerts,
            definition=no_tries_yet(self, "BeginToCount")
            .next(patient(self, report, otherwise=failed_as_told(self, "Broken")))
            .next(sfn.Succeed(self, "Written")),
            timeout=Duration.hours(4),
            functions=[],
            may=run_jobs(
                self, settings=settings, kinds=["processing"], roles=[role], key=found.key
            ),
        )
        WorkflowTrigger(
            self,
            "OnDriftDetected",
            workflow=workflow,
            on=["DriftDetected"],
            bus=found.bus,
            key=found.key,
            alerts=found.alerts,
        )


def _uri(bucket: s3.IBucket, key: str) -> str:
    return f"s3://{bucket.bucket_name}/{key}"
