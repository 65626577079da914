"""The functions of one stack: they share its layers, and what every function is told and may."""

from __future__ import annotations

from collections.abc import Sequence
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
        """The function called ``name``. Its ``settings`` are filled with the environment, the state
        table, the bus, and ``values``; beside ``permissions`` it may use the key.
        """
        return PythonFunction(
            self._scope,
            name,
            environment=self._environment,
            settings=self.settings(settings, **values),
            layers=self._layers,
            key=self._shared.key,
            alerts=self._shared.alerts,
            may=[*permissions, may.use_key(self._shared.key)],
        )

    def settings(self, kind: type[Kind], **values: str) -> Kind:
        """Settings of a kind, filled in the same way."""
        return kind(
            environment_name=self._environment.name,
            state_table=self._shared.state.table_name,
            bus_name=self._shared.bus.event_bus_name,
            **values,
        )
