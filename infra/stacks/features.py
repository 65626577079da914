"""Features: the online tables of each problem's views, and the function that keeps them current."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents.event import SOURCE
from ghosteam.features.views import online_table, views_of
from ghosteam.problem.spec import Problem
from ghosteam.runtime.settings import MaterializeSettings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.queue_trigger import QueueTrigger
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation


class Features(Stack):
    """The tables' names follow from the problems, and others are granted them by that name: a table
    that another stack imports could never be removed or replaced.
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
        for problem in problems.values():
            for view in views_of(problem):
                dynamodb.TableV2(
                    self,
                    f"{problem.problem}-{view.name}",
                    table_name=online_table(settings.online_prefix, problem.problem, view.name),
                    partition_key=dynamodb.Attribute(
                        name="entity_id", type=dynamodb.AttributeType.STRING
                    ),
                    encryption=dynamodb.TableEncryptionV2.customer_managed_key(foundation.key),
                    point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                        point_in_time_recovery_enabled=settings.keep_data
                    ),
                    removal_policy=removal,
                )
        materialize = Functions(self, environment=settings, shared=foundation).make(
            "materialize_features",
            MaterializeSettings,
            [
                may.read_objects(foundation.lake, "validated/"),
                may.read_state(foundation.state, "data"),
                may.change_state(foundation.state, "features"),
                may.write_online(self, settings.online_prefix),
                may.publish(foundation.bus, "FeaturesMaterialized"),
            ],
            lake_bucket=foundation.lake.bucket_name,
            online_prefix=settings.online_prefix,
        )
        QueueTrigger(
            self,
            "Validated",
            function=materialize,
            patterns={
                name: events.EventPattern(
                    source=[SOURCE],
                    detail_type=["BatchValidated", "BatchWithdrawn"],
                    detail={"problem": [name]},
                )
                for name in problems
            },
            bus=foundation.bus,
            key=foundation.key,
            alerts=foundation.alerts,
            fifo=True,
        )
