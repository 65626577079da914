"""Features: the table with the online rows of all problems, the function that keeps them current,
and, by setting, the tables of Athena over what training runs publish of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE
from ghosteam.documents.online_versions import STEP
from ghosteam.features.views import EXPIRES, online_table
from ghosteam.problem.spec import Problem
from ghosteam.runtime.settings import OutcomeSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm
from infra.constructs.athena import Athena
from infra.constructs.functions import Functions
from infra.constructs.problem_work import ProblemWork
from infra.constructs.schedule import rate_of
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation
from infra.stacks.view_tables import ViewTables

_REMOVED_EVERY = "rate(1 day)"


class Features(Stack):
    """The table's name follows from the environment's, and others are granted it by that name.
    Views and their versions are told apart by the rows' ids, so that no folder's change makes or
    removes a table.
    """

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
        removal = RemovalPolicy.RETAIN if settings.keep_data else RemovalPolicy.DESTROY
        dynamodb.TableV2(
            self,
            "Online",
            table_name=online_table(settings.online_prefix),
            partition_key=dynamodb.Attribute(name="entity_id", type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(foundation.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=settings.keep_data
            ),
            time_to_live_attribute=EXPIRES,
            removal_policy=removal,
        )
        materialize = Functions(self, environment=settings, shared=foundation).make(
            "materialize_features",
            OutcomeSettings,
            [
                may.read_objects(foundation.lake, keys.VALIDATED),
                may.read_objects(foundation.artifacts, keys.DEFINITIONS, keys.plan("*", "*")),
                may.list_objects(foundation.artifacts, keys.RUNS),
                may.read_state(foundation.state, "data", "serving", "retraining"),
                may.change_state(foundation.state, "features", "judging"),
                may.write_online(self, online_table(settings.online_prefix)),
                may.list_online(self, online_table(settings.online_prefix)),
                may.publish(foundation.bus, "FeaturesMaterialized", "BatchValidated"),
            ],
        )
        ProblemWork(
            self,
            "Validated",
            work="materialize_features",
            function=materialize,
            settings=settings,
            shared=foundation,
            patterns={
                "Counting": events.EventPattern(
                    source=[SOURCE],
                    detail_type=[
                        "BatchValidated",
                        "BatchWithdrawn",
                        "RolloutStarted",
                        "ProblemWithdrawn",
                    ],
                )
            },
            # In the line of what is written: what is removed is in nobody's hands.
            every=_REMOVED_EVERY,
        )
        if settings.athena:
            Athena(self, "Athena", settings=settings, shared=foundation)
            for name in sorted(problems):
                ViewTables(
                    self,
                    f"Tables-{name}",
                    spec=problems[name],
                    settings=settings,
                    artifacts=foundation.artifacts,
                )
        # Without a problem there is no turn to miss.
        if problems:
            absence_alarm(
                self,
                "RemoveUnneededAbsent",
                step=STEP,
                settings=settings,
                every=rate_of(_REMOVED_EVERY),
                alerts=foundation.alerts,
            )
