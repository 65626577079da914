"""Sources of rows: schedules that pull HTTP APIs and databases, and Kinesis streams. A problem
without sources has none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
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
from infra.constructs.schedule import Clock, Schedule
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings

_RECORDS = 5000
_ATTEMPTS = 10


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


def _landing_prefixes(sources: Sequence[tuple[str, str, PulledSource | StreamSource]]) -> list[str]:
    return [keys.landed_from(problem, source.dataset, name) for problem, name, source in sources]


class PulledSources(Construct):
    """One function; a schedule for each source names it. A pull that fails is an alarm, and is made
    good by the next.
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
                may.write_objects(shared.landing, *_landing_prefixes(sources)),
                may.change_state(shared.state, "data"),
                *([may.read_secrets(Stack.of(self), secrets)] if secrets else []),
            ],
        )
        clock = Clock(self, "Clock", function=function, shared=shared)
        for problem, name, source in sources:
            Schedule(
                self,
                f"Schedule-{problem}-{name}",
                clock=clock,
                name=f"{settings.prefix}-{problem}-{name}",
                when=_when(source),
                document={"problem": problem, "source": name},
            )
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
    """A stream for each source, and one function that lands what they bring, shard by shard and in
    order.
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
        quarantine = [keys.quarantine(problem, source.dataset) for problem, _, source in sources]
        function = functions.make(
            "receive_stream",
            StreamSettings,
            [
                may.write_objects(shared.landing, *_landing_prefixes(sources)),
                may.write_objects(shared.lake, *quarantine),
            ],
        )
        dead = DeadLetters(
            self,
            "DeadLetters",
            of=function.function.function_name,
            key=shared.key,
            alerts=shared.alerts,
        ).queue
        function.function.add_to_role_policy(may.send_messages(dead))
        for problem, name, source in sources:
            stream = kinesis.Stream(
                self,
                f"Stream-{problem}-{name}",
                stream_name=stream_name(settings.prefix, problem, name),
                stream_mode=kinesis.StreamMode.PROVISIONED,
                shard_count=source.shards,
                retention_period=Duration.seconds(int(source.keep.total_seconds())),
                encryption=kinesis.StreamEncryption.KMS,
                encryption_key=shared.key,
                removal_policy=RemovalPolicy.RETAIN
                if settings.keep_data
                else RemovalPolicy.DESTROY,
            )
            function.function.add_to_role_policy(may.read_stream(stream))
            mapping = lambda_.EventSourceMapping(
                self,
                f"Mapping-{problem}-{name}",
                target=function.function,
                event_source_arn=stream.stream_arn,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=_RECORDS,
                max_batching_window=Duration.seconds(int(source.every.total_seconds())),
                bisect_batch_on_error=True,
                retry_attempts=_ATTEMPTS,
                report_batch_item_failures=True,
            )
            # CDK's own destination would also grant actions of the key by wildcard.
            resource = mapping.node.default_child
            assert isinstance(resource, lambda_.CfnEventSourceMapping)
            resource.add_property_override(
                "DestinationConfig.OnFailure.Destination", dead.queue_arn
            )


def _secret_of(source: PulledSource) -> str | None:
    match source:
        case SqlSource():
            return source.secret
        case HttpSource():
            return source.header.secret if source.header else None


def _when(source: PulledSource) -> str:
    if source.every is None:
        return f"cron({source.cron})"
    minutes = source.every // timedelta(minutes=1)
    return f"rate({minutes} minute{'s' if minutes > 1 else ''})"
