"""The adapters of a function or a job, made from its settings: one place that knows how each is
made.

Nothing is made, and nothing of the environment is read, before it is asked for, so that a snapshot
of a module holds no connection and no settings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ghosteam.aws.alerts import Alerts, Topics
from ghosteam.aws.batch_reads import BatchReads
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.cloudwatch import Metrics
from ghosteam.aws.endpoints import EndpointAdmin, ScoringEndpoints
from ghosteam.aws.executions import ExecutionReader, Executions
from ghosteam.aws.model_registry import ModelRegistry
from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.state import StateTable
from ghosteam.aws.token_keys import TokenKeys
from ghosteam.aws.watermarks import Watermarks
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.aws.work_queues import WorkQueues
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import (
    AlertSettings,
    ArtifactSettings,
    AuthorizeSettings,
    BusSettings,
    DataSettings,
    DispatchSettings,
    LandingSettings,
    RegistrySettings,
    RetrainSettings,
    Settings,
    StateSettings,
)

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

Kind = TypeVar("Kind", bound=Settings, covariant=True)
Needed = TypeVar("Needed", bound=Settings)
Made = TypeVar("Made")


class _Cached(Generic[Needed, Made]):
    """``functools.cached_property`` that looks at whose attribute it is: a type checker refuses one
    that the settings do not suffice for.
    """

    def __init__(self, make: Callable[[Wiring[Needed]], Made]) -> None:
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, wiring: Wiring[Needed], _owner: type) -> Made:
        made = self._make(wiring)
        vars(wiring)[self._name] = made  # which is found first from now on
        return made


class _Client(_Cached[Settings, Made]):
    """The boto3 client of a service."""

    def __init__(self, service: str) -> None:
        super().__init__(lambda wiring: wiring.make_client(service))


class Wiring(Generic[Kind]):
    """Adapters as attributes, each made once. An attribute needs settings of the kind that its
    ``self`` names.

    ``settings``: their class, read from ``environment`` when the first attribute asks;
    ``client``: ``boto3.client``; ``configs``: how the clients of some services are made, by the
    service's name.
    """

    def __init__(
        self,
        settings: type[Kind],
        client: Callable[..., Any],
        *,
        configs: Mapping[str, Config] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._kind, self._client = settings, client
        self._configs, self._environment = configs or {}, environment

    def make_client(self, service: str) -> Any:
        """A new client of a service, made as its config says."""
        _ = self.settings  # What the stack did not tell is said before what a client misses.
        config = self._configs.get(service)
        return self._client(service, config=config) if config else self._client(service)

    s3: _Client[S3Client] = _Client("s3")
    dynamodb: _Client[DynamoDBClient] = _Client("dynamodb")
    events: _Client[EventBridgeClient] = _Client("events")
    sqs: _Client[SQSClient] = _Client("sqs")
    sns: _Client[SNSClient] = _Client("sns")
    cloudwatch: _Client[CloudWatchClient] = _Client("cloudwatch")
    stepfunctions: _Client[SFNClient] = _Client("stepfunctions")
    secretsmanager: _Client[SecretsManagerClient] = _Client("secretsmanager")
    sagemaker: _Client[SageMakerClient] = _Client("sagemaker")
    sagemaker_runtime: _Client[SageMakerRuntimeClient] = _Client("sagemaker-runtime")
    user_pools: _Client[CognitoIdentityProviderClient] = _Client("cognito-idp")
    autoscaling: _Client[ApplicationAutoScalingClient] = _Client("application-autoscaling")

    @cached_property
    def settings(self) -> Kind:
        """What the stack told. Raises Defect when something is missing."""
        return self._kind.from_environment(self._environment)

    def objects(self, bucket: str) -> Objects:
        """Any bucket, for one that is named elsewhere than in the settings."""
        return Objects(self.s3, bucket)

    @_Cached
    def state(self: Wiring[StateSettings]) -> StateTable:
        return StateTable(self.dynamodb, self.settings.state_table)

    @_Cached
    def batch_reads(self: Wiring[Settings]) -> BatchReads:
        return BatchReads(self.dynamodb)

    @_Cached
    def bus(self: Wiring[BusSettings]) -> Bus:
        return Bus(self.events, self.settings.bus_name)

    @_Cached
    def ledger(self: Wiring[StateSettings]) -> BatchLedger:
        return BatchLedger(self.state)

    @_Cached
    def watermarks(self: Wiring[StateSettings]) -> Watermarks:
        return Watermarks(self.state)

    @_Cached
    def lake(self: Wiring[DataSettings]) -> Objects:
        return self.objects(self.settings.lake_bucket)

    @_Cached
    def artifacts(self: Wiring[ArtifactSettings]) -> Objects:
        return self.objects(self.settings.artifact_bucket)

    @_Cached
    def landing(self: Wiring[LandingSettings]) -> Objects:
        return self.objects(self.settings.landing_bucket)

    @_Cached
    def registry(self: Wiring[RegistrySettings]) -> ModelRegistry:
        return ModelRegistry(self.settings.mlflow_tracking_uri)

    @_Cached
    def endpoints(self: Wiring[Settings]) -> ScoringEndpoints:
        return ScoringEndpoints(self.sagemaker_runtime)

    @_Cached
    def endpoint_admin(self: Wiring[Settings]) -> EndpointAdmin:
        return EndpointAdmin(
            self.sagemaker, self.autoscaling, environment=self.settings.environment_name
        )

    @_Cached
    def executions(self: Wiring[RetrainSettings]) -> Executions:
        return Executions(self.stepfunctions, self.settings.state_machine_arn)

    @_Cached
    def execution_reader(self: Wiring[Settings]) -> ExecutionReader:
        return ExecutionReader(self.stepfunctions)

    @_Cached
    def alerts(self: Wiring[AlertSettings]) -> Alerts:
        return Alerts(self.sns, self.settings.alert_topic_arn)

    @_Cached
    def topics(self: Wiring[Settings]) -> Topics:
        return Topics(self.sns)

    @_Cached
    def metrics(self: Wiring[Settings]) -> Metrics:
        return Metrics(self.cloudwatch, namespace(self.settings.environment_name))

    @_Cached
    def secrets(self: Wiring[Settings]) -> Secrets:
        return Secrets(self.secretsmanager)

    @_Cached
    def work_queue(self: Wiring[Settings]) -> WorkQueue:
        return WorkQueue.from_environment(self.sqs, self._environment)

    @_Cached
    def token_keys(self: Wiring[AuthorizeSettings]) -> TokenKeys:
        return TokenKeys(self.user_pools, self.settings.user_pool_id)

    @_Cached
    def work_queues(self: Wiring[DispatchSettings]) -> WorkQueues:
        return WorkQueues(self.sqs, self.settings.queue_prefix)
