"""Foundation: what outlives everything else. The key, the buckets, the state table, the bus, the
alerts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ghosteam.aws.state import KEY, PARTITION
from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE
from infra.constructs.undelivered import undelivered
from infra.settings import DataClass, EnvironmentSettings

PLACES: dict[DataClass, tuple[str, tuple[str, ...]]] = {
    "landed files": ("landing", ("",)),
    "raw": ("lake", (keys.RAW, keys.HANDOVER)),
    "validated": ("lake", (keys.VALIDATED,)),
    "quarantine": ("lake", (keys.QUARANTINE,)),
    "profiles": ("lake", (keys.PROFILES,)),
    "predictions": (
        "lake",
        (keys.PREDICTIONS, keys.FAILED_CALLS, keys.DELIVERED, keys.UNDELIVERED, keys.DAMAGED),
    ),
    "scoring": ("lake", (keys.SCORING,)),
    "runs": ("artifacts", (keys.RUNS,)),
    "reports": ("artifacts", (keys.REPORTS,)),
    "feature sources": ("artifacts", (keys.FEAST,)),
}
"""Bucket and prefixes of each class of data."""
ALERTING_EVENTS = [
    "RetrainingDeclined",
    "RolloutRolledBack",
    "ChampionRolledBack",
    "Reconciled",
    "ModelPromoted",
    "ExpectationsNotMet",
]


def alerts_name(settings: EnvironmentSettings) -> str:
    """The topic's name, for those who find it by that."""
    return f"{settings.prefix}-alerts"


class Foundation(Stack):
    """Attributes: ``key``, ``landing``, ``lake``, ``artifacts``, ``state``, ``bus``, ``alerts``,
    ``inbox``.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, **more: Any
    ) -> None:
        super().__init__(scope, id, **more)
        self._removal = RemovalPolicy.RETAIN if settings.keep_data else RemovalPolicy.DESTROY
        self._prefix, self._settings = settings.prefix, settings
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{settings.prefix}",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        self._let_services_use_the_key()
        logs = self._bucket("access-logs", logs=None)
        self.landing = self._bucket("landing", logs=logs)
        _announce_objects(self.landing)
        self.lake = self._bucket("lake", logs=logs)
        self.artifacts = self._bucket("artifacts", logs=logs)
        self.state = dynamodb.TableV2(
            self,
            "State",
            table_name=f"{settings.prefix}-state",
            partition_key=dynamodb.Attribute(name=PARTITION, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(self.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=settings.keep_data
            ),
            removal_policy=self._removal,
        )
        self.bus = events.EventBus(self, "Bus", event_bus_name=settings.prefix)
        self.alerts = sns.Topic(
            self,
            "Alerts",
            topic_name=alerts_name(settings),
            master_key=self.key,
            enforce_ssl=True,
        )
        self.inbox = sqs.Queue(
            self,
            "Inbox",
            queue_name=f"{settings.prefix}-inbox",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self._send_alerts()
        for name, value in {
            "landing_bucket": self.landing.bucket_name,
            "lake_bucket": self.lake.bucket_name,
            "artifact_bucket": self.artifacts.bucket_name,
            "state_table": self.state.table_name,
            "bus_name": self.bus.event_bus_name,
            "inbox_url": self.inbox.queue_url,
        }.items():
            ssm.StringParameter(
                self,
                f"Parameter-{name}",
                parameter_name=f"/{settings.prefix}/{name}",
                string_value=value,
            )

    def _bucket(self, name: str, *, logs: s3.IBucket | None) -> s3.Bucket:
        """``logs``: the bucket where accesses are told; None for that bucket itself, whose objects
        S3 writes: it has no versions and no key of ours.
        """
        return s3.Bucket(
            self,
            name.title().replace("-", ""),
            bucket_name=f"{self._prefix}-{name}-{self.account}-{self.region}",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if logs else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.key if logs else None,
            bucket_key_enabled=True if logs else None,
            versioned=logs is not None,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{name}/" if logs else None,
            object_ownership=None if logs else s3.ObjectOwnership.OBJECT_WRITER,
            removal_policy=self._removal,
            lifecycle_rules=[
                *self._expiry(name),
                *(_of_queries() if name == "artifacts" and self._settings.athena else ()),
                *(_queue_of_objects(keys.DELIVERED) if name == "lake" else ()),
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(2),
                    noncurrent_version_expiration=Duration.days(self._settings.keep_superseded_days)
                    if logs
                    else None,
                    expiration=None if logs else Duration.days(90),
                ),
            ],
        )

    def _expiry(self, bucket: str) -> Iterator[s3.LifecycleRule]:
        for kind, (place, prefixes) in PLACES.items():
            if place == bucket and (days := self._settings.keep_days.get(kind)):
                for prefix in prefixes:
                    yield s3.LifecycleRule(
                        id=f"{kind}-{prefix.strip('/')}",
                        prefix=prefix,
                        expiration=Duration.days(days),
                    )

    def _let_services_use_the_key(self) -> None:
        """Alarms, rules and log groups use encrypted topics, queues and groups only if the key's
        own policy says so.
        """
        for service in ("cloudwatch", "events", "sns", "scheduler"):
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": self.account}},
                )
            )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{self.region}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{self.partition}:logs:{self.region}:{self.account}:*"
                        )
                    }
                },
            )
        )

    def _send_alerts(self) -> None:
        self.alerts.add_subscription(
            subscriptions.SqsSubscription(self.inbox, raw_message_delivery=False)
        )
        lost = undelivered(self, key=self.key, alerts=self.alerts)
        # Alarms publish to the topic; its policy must name the service, or the alarm fires into
        # nothing.
        self.alerts.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        rule = events.Rule(
            self,
            "AlertOnEvents",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=ALERTING_EVENTS),
        )
        rule.add_target(targets.SnsTopic(self.alerts, dead_letter_queue=lost))


def _queue_of_objects(prefix: str) -> Iterator[s3.LifecycleRule]:
    """Objects come and are deleted by the minute: what is left of them would slow every listing."""
    yield s3.LifecycleRule(
        id=f"gone-{prefix.strip('/')}",
        prefix=prefix,
        noncurrent_version_expiration=Duration.days(7),
        expired_object_delete_marker=True,
    )


def _of_queries() -> Iterator[s3.LifecycleRule]:
    """What a query found is read at once, and stands in no list of what an erasure goes through."""
    yield s3.LifecycleRule(
        id=f"gone-{keys.ATHENA.strip('/')}",
        prefix=keys.ATHENA,
        expiration=Duration.days(1),
        noncurrent_version_expiration=Duration.days(1),
    )


def _announce_objects(bucket: s3.Bucket) -> None:
    """Send the bucket's events to EventBridge. CDK's own switch would deploy a function and a
    custom resource for it.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.add_property_override(
        "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
    )
