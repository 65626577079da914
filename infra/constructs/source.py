"""What brings rows of sources, for all problems: a function that pulls HTTP APIs and databases, and
one that lands what comes by Kinesis streams. Where no problem has such a source, there is none.

What each source has for itself stands in :mod:`infra.stacks.sources`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.problem.sources import HttpSource, PulledSource, Source, SqlSource, StreamSource
from ghosteam.problem.spec import Problem
from ghosteam.runtime.settings import PullSettings, StreamSettings
from ghosteam.steps.receive_stream import stream_name
from infra import permissions as may
from infra.constructs.alarms import LONGEST_SILENCE, absence_alarm
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.functions import Functions
from infra.constructs.schedule import Clock
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings

_LANDED = keys.landed_from("*", "*", "*")
"""What sources land: of all, for a role's policies have room for the names of about sixty."""
_QUARANTINED = keys.quarantine("*", "*") + "source-"


def pulled_sources(problems: Mapping[str, Problem]) -> list[tuple[str, str, PulledSource]]:
    """(problem, name, source) of every source that is pulled."""
    return [
        (problem, name, source)
        for problem, name, source in _sources(problems)
        if not isinstance(source, StreamSource)
    ]


def stream_sources(problems: Mapping[str, Problem]) -> list[tuple[str, str, StreamSource]]:
    """(problem, name, source) of every stream."""
    return [
        (problem, name, source)
        for problem, name, source in _sources(problems)
        if isinstance(source, StreamSource)
    ]


def _sources(problems: Mapping[str, Problem]) -> Iterator[tuple[str, str, Source]]:
    for problem, spec in problems.items():
        for name, source in spec.sources.items():
            yield problem, name, source


class PulledSources(Construct):
    """One function, and the ``clock`` that calls it at the schedules of the sources. A pull that
    fails is an alarm, and is made good by the next.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        functions: Functions,
        shared: Shared,
        sources: Sequence[tuple[str, str, PulledSource]],
    ) -> None:
        super().__init__(scope, id)
        secrets = sorted({secret for _, _, source in sources if (secret := _secret_of(source))})
        function = functions.make(
            "pull_source",
            PullSettings,
            [
                may.write_objects(shared.landing, _LANDED),
                may.change_state(shared.state, "data"),
                *(may.read_secrets(Stack.of(self), [secret]) for secret in secrets),
            ],
        )
        self.clock = Clock(self, "Clock", function=function, shared=shared)
        waits = [wait for _, _, source in sources if (wait := source.longest_wait)]
        if waits and min(waits) < LONGEST_SILENCE:
            absence_alarm(
                self,
                "Absent",
                step="pull_source",
                settings=settings,
                every=Duration.seconds(int(min(waits).total_seconds())),
                alerts=shared.alerts,
            )


class StreamSources(Construct):
    """``function`` lands what all streams bring, shard by shard and in order; ``dead``: where it is
    told of what could not be landed.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        functions: Functions,
        shared: Shared,
        sources: Sequence[tuple[str, str, StreamSource]],
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        made = functions.make(
            "receive_stream",
            StreamSettings,
            [
                may.write_objects(shared.landing, _LANDED),
                may.write_objects(shared.lake, _QUARANTINED),
                *(
                    may.read_stream(stack, stream_name(settings.prefix, problem, name))
                    for problem, name, _ in sources
                ),
            ],
        )
        self.function: lambda_.IFunction = made.function
        self.dead: sqs.IQueue = DeadLetters(
            self,
            "DeadLetters",
            of=made.function.function_name,
            key=shared.key,
            alerts=shared.alerts,
        ).queue
        made.function.add_to_role_policy(may.send_messages(self.dead))


def _secret_of(source: PulledSource) -> str | None:
    match source:
        case SqlSource():
            return source.secret
        case HttpSource():
            return source.header.secret if source.header else None
