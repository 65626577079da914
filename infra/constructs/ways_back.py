"""A person may go back to the last model; a clock repairs what a death left behind."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from constructs import Construct

from ghosteam.runtime.settings import ChangeSettings, ReconcileSettings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.rollout import END_OF_ROLLOUT
from infra.constructs.shared import Shared
from infra.constructs.tracking_server import TrackingServer
from infra.constructs.turns import Turns
from infra.settings import EnvironmentSettings
from infra.slot_permissions import SlotPermissions


class WaysBack(Construct):
    """The functions roll_back and reconcile, and the reconciler's schedule."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
        mlflow: TrackingServer,
    ) -> None:
        super().__init__(scope, id)
        change = may.change_state(shared.state, "serving", "retraining")
        functions.make(
            "roll_back",
            ChangeSettings,
            [change, may.publish(shared.bus, "ModelRegistered", "ChampionRolledBack")],
        )
        slots = SlotPermissions(Stack.of(self), settings)
        executions = [
            Stack.of(self).format_arn(
                service="states",
                resource="execution",
                resource_name=f"{settings.prefix}-{machine}:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for machine in ("rollout", "retraining")
        ]
        reconcile = functions.make(
            "reconcile",
            ReconcileSettings,
            [
                change,
                may.read_state(shared.state, "definitions", "data"),
                may.publish(shared.bus, "Reconciled", "RebuildDue", *END_OF_ROLLOUT),
                may.Statement(actions=["states:DescribeExecution"], resources=executions),
                slots.list(),
                *slots.take_down(),
                *mlflow.may,
            ],
            mlflow_tracking_uri=mlflow.uri,
        )
        Turns(
            self,
            "Turns",
            function=reconcile,
            step="reconcile",
            rate=settings.reconcile_schedule,
            settings=settings,
            shared=shared,
        )
