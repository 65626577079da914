"""Serving: the rollout of a registered model into a slot, the API that answers through the slots,
and the ways back.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.features.views import online_table
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import LandingSettings, PredictSettings, SweepSettings
from infra import permissions as may
from infra.constructs.alarms import alarm_on
from infra.constructs.api import Api
from infra.constructs.functions import Functions
from infra.constructs.prediction_log import PredictionLog
from infra.constructs.rollout import Rollout
from infra.constructs.scoring import Scoring
from infra.constructs.ways_back import WaysBack
from infra.settings import EnvironmentSettings
from infra.slot_permissions import SlotPermissions
from infra.stacks.foundation import Foundation
from infra.stacks.training import Training

_SERVER_ERRORS = 5
"""In a period: one failed request is no reason to call a person."""
_PERIOD = Duration.minutes(5)


class Serving(Stack):
    """The API's address is the stack's output ``ApiUrl``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        training: Training,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self._settings, self._foundation = settings, foundation
        self._functions = Functions(self, environment=settings, shared=foundation)
        self._slots = SlotPermissions(self, settings)
        # The workflows are created after the sweep, so deleted before it: none makes an endpoint
        # behind its back.
        sweep = self._sweep_on_delete()
        rollouts = Rollout(
            self,
            "Rollouts",
            settings=settings,
            shared=foundation,
            functions=self._functions,
            mlflow=training.mlflow,
        )
        rollouts.workflow.machine.node.add_dependency(sweep)
        self._api()
        WaysBack(
            self,
            "WaysBack",
            settings=settings,
            shared=foundation,
            functions=self._functions,
            mlflow=training.mlflow,
        )
        Scoring(self, "Scoring", settings=settings, shared=foundation)

    def _api(self) -> None:
        found = self._foundation
        predict = self._functions.make(
            "predict",
            PredictSettings,
            [
                may.read_state(found.state, "serving"),
                may.read_online(self, online_table(self._settings.online_prefix)),
                may.read_objects(found.artifacts, keys.DEFINITIONS),
                *self._slots.ask(),
            ],
        )
        accept = {
            name: self._functions.make(
                name,
                LandingSettings,
                [may.write_objects(found.landing, "")],
            )
            for name in ("accept_events", "accept_labels")
        }
        api = Api(
            self,
            "Api",
            settings=self._settings,
            key=found.key,
            predict=predict,
            **accept,
            functions=self._functions,
        )
        alarm_on(
            self,
            "ApiErrors",
            metric=api.http.metric_server_error(period=_PERIOD, statistic="Sum"),
            threshold=_SERVER_ERRORS,
            description="The API answered several requests with a server error.",
            runbook="api-errors",
            alerts=found.alerts,
        )
        alarm_on(
            self,
            "PredictionErrors",
            metric=cloudwatch.Metric(
                namespace=namespace(self._settings.name),
                metric_name="PredictionErrors",
                period=_PERIOD,
                statistic="Sum",
            ),
            threshold=_SERVER_ERRORS,
            description="A model's endpoint failed to score rows.",
            runbook="prediction-errors",
            alerts=found.alerts,
        )
        PredictionLog(
            self,
            "PredictionLog",
            settings=self._settings,
            source=predict.log_group,
            lake=found.lake,
            key=found.key,
            alerts=found.alerts,
        )

    def _sweep_on_delete(self) -> CustomResource:
        """Workflows make endpoints that CloudFormation does not know; deleting the stack deletes
        them too.
        """
        sweep = self._functions.make(
            "sweep_endpoints",
            SweepSettings,
            [self._slots.list(), *self._slots.take_down()],
        )
        return CustomResource(
            self,
            "Endpoints",
            service_token=sweep.function.function_arn,
            resource_type="Custom::GhosteamEndpoints",
        )
