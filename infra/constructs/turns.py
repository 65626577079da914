"""A step that the clock calls, whose absence is heard."""

from __future__ import annotations

from constructs import Construct

from infra.constructs.alarms import absence_alarm
from infra.constructs.python_function import PythonFunction
from infra.constructs.schedule import Clock, Schedule, rate_of
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings


class Turns(Construct):
    """The ``function`` of the scheduled ``step`` is called at the ``rate``; an alarm fires when it
    does not run to its end three times in a row.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction,
        step: str,
        rate: str,
        settings: EnvironmentSettings,
        shared: Shared,
    ) -> None:
        super().__init__(scope, id)
        Schedule(
            self,
            "Schedule",
            clock=Clock(self, "Clock", function=function, shared=shared),
            name=f"{settings.prefix}-{step.replace('_', '-')}",
            when=rate,
            document={},
        )
        absence_alarm(
            self,
            "Absent",
            step=step,
            settings=settings,
            every=rate_of(rate),
            alerts=shared.alerts,
        )
