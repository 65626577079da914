"""The functions of one stack: they share its layers, and what every function is told and may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.runtime.settings import Settings
from infra import permissions as may
from infra.constructs.layers import Layers
from infra.constructs.python_function import PythonFunction
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings

Kind = TypeVar("Kind", bound=Settings)

_ENCRYPTED = {"state_table", "landing_bucket", "lake_bucket", "artifact_bucket", "alert_topic_arn"}
"""Settings that name what the key protects. Who has a queue may use the key by that."""


class Functions:
    """Makes functions in ``scope``."""

    def __init__(
        self, scope: Construct, *, environment: EnvironmentSettings, shared: Shared
    ) -> None:
        self._scope, self._environment, self._shared = scope, environment, shared
        self._layers = Layers(scope, "Layers", settings=environment)

    def make(
        self,
        name: str,
        settings: type[Settings],
        permissions: Sequence[iam.PolicyStatement],
        **values: str,
    ) -> PythonFunction:
        """The function called ``name``. Its ``settings`` are filled as :func:`filled` does; beside
        ``permissions`` it may use the key, if it is told of anything that the key protects.
        """
        key = self._shared.key
        names_encrypted = any(field.name in _ENCRYPTED for field in fields(settings))
        return PythonFunction(
            self._scope,
            name,
            environment=self._environment,
            settings=filled(settings, self._environment, self._shared, **values),
            layers=self._layers,
            key=key,
            alerts=self._shared.alerts,
            may=[*permissions, *([may.use_key(key)] if names_encrypted else [])],
        )


def filled(
    kind: type[Kind], environment: EnvironmentSettings, shared: Shared, **values: str
) -> Kind:
    """Settings of a ``kind``: of what all stacks share as much as it asks for, and ``values``."""
    known = {
        "environment_name": environment.name,
        "name_prefix": environment.job_name_prefix,
        "online_prefix": environment.online_prefix,
        "state_table": shared.state.table_name,
        "bus_name": shared.bus.event_bus_name,
        "landing_bucket": shared.landing.bucket_name,
        "lake_bucket": shared.lake.bucket_name,
        "artifact_bucket": shared.artifacts.bucket_name,
        "alert_topic_arn": shared.alerts.topic_arn,
    }
    asked = {field.name for field in fields(kind)}
    return kind(**{name: known[name] for name in known if name in asked}, **values)
