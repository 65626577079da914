"""A dashboard of CloudWatch, as :mod:`infra.widgets` defines it."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ghosteam.runtime.observability import namespace
from infra.dashboard_body import body
from infra.settings import EnvironmentSettings
from infra.widgets import AlarmList, Rows


class Dashboard(Construct):
    """The dashboard called ``name``."""

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, name: str, rows: Rows
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        arns = {
            alarm: stack.format_arn(
                service="cloudwatch",
                resource="alarm",
                resource_name=alarm,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for row in rows
            for widget in row
            if isinstance(widget, AlarmList)
            for alarm in widget.alarms
        }
        cloudwatch.CfnDashboard(
            self,
            "Resource",
            dashboard_name=name,
            dashboard_body=stack.to_json_string(
                body(
                    rows,
                    namespace=namespace(settings.name),
                    region=stack.region,
                    alarm_arns=arns,
                )
            ),
        )
