"""What each source of a problem has for itself: a schedule by which it is pulled, or a stream."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Duration, NestedStack, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ghosteam.problem.sources import PulledSource, StreamSource
from ghosteam.problem.spec import Problem
from ghosteam.steps.receive_stream import stream_name
from infra.constructs.schedule import Schedule
from infra.constructs.shared import Shared
from infra.constructs.source import PulledSources, StreamSources
from infra.settings import EnvironmentSettings

_RECORDS = 5000
_ATTEMPTS = 10


class Sources(NestedStack):
    """Nested in the stack of the data, which has room for the streams of few problems alone.
    ``pulled`` and ``streams``: what brings the rows, where some source is of the kind.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Problem,
        settings: EnvironmentSettings,
        shared: Shared,
        pulled: PulledSources | None,
        streams: StreamSources | None,
    ) -> None:
        problem = spec.problem
        super().__init__(scope, id, description=f"Sources of the problem {problem}")
        self._settings, self._shared = settings, shared
        for name, source in spec.sources.items():
            if isinstance(source, StreamSource):
                assert streams is not None
                self._stream(problem, name, source, streams)
            else:
                assert pulled is not None
                Schedule(
                    self,
                    f"Schedule-{name}",
                    clock=pulled.clock,
                    name=f"{settings.prefix}-{problem}-{name}",
                    when=_when(source),
                    document={"problem": problem, "source": name},
                )

    def _stream(
        self, problem: str, name: str, source: StreamSource, streams: StreamSources
    ) -> None:
        stream = kinesis.Stream(
            self,
            f"Stream-{name}",
            stream_name=stream_name(self._settings.prefix, problem, name),
            stream_mode=kinesis.StreamMode.PROVISIONED,
            shard_count=source.shards,
            retention_period=Duration.seconds(int(source.keep.total_seconds())),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=self._shared.key,
            removal_policy=RemovalPolicy.RETAIN
            if self._settings.keep_data
            else RemovalPolicy.DESTROY,
        )
        mapping = lambda_.EventSourceMapping(
            self,
            f"Mapping-{name}",
            target=streams.function,
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
            "DestinationConfig.OnFailure.Destination", streams.dead.queue_arn
        )


def _when(source: PulledSource) -> str:
    if source.every is None:
        return f"cron({source.cron})"
    minutes = source.every // timedelta(minutes=1)
    return f"rate({minutes} minute{'s' if minutes > 1 else ''})"
