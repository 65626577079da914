"""The prediction log: records that the predict function prints → Logs subscription → Firehose → the
lake.
"""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.documents import keys
from infra import permissions as may
from infra.constructs.alarms import alarm_on
from infra.constructs.log_group import log_group
from infra.settings import EnvironmentSettings

_FILTER = "predictions"
_LATEST_SECONDS = 1800


class PredictionLog(Construct):
    """Delivers every log event of ``source`` whose ``record_type`` begins with ``prediction``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        source: logs.ILogGroup,
        lake: s3.IBucket,
        key: kms.IKey,
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, id)
        failed = keys.UNDELIVERED
        errors = log_group(
            self,
            "Errors",
            f"/aws/kinesisfirehose/{settings.prefix}-predictions",
            settings=settings,
            key=key,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        for statement in (
            may.write_objects(lake, keys.DELIVERED, failed),
            may.list_objects(lake, keys.DELIVERED, failed),
            may.use_key(key),
            may.Statement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[errors.log_group_arn],
            ),
        ):
            role.add_to_policy(statement)
        stream = firehose.DeliveryStream(
            self,
            "Stream",
            delivery_stream_name=f"{settings.prefix}-predictions",
            encryption=firehose.StreamEncryption.customer_managed_key(key),
            role=role.without_policy_updates(),
            destination=firehose.S3Bucket(
                lake,
                role=role.without_policy_updates(),
                encryption_key=key,
                compression=firehose.Compression.GZIP,
                buffering_interval=Duration.seconds(settings.log_buffer_seconds),
                buffering_size=Size.mebibytes(5),
                data_output_prefix=keys.DELIVERED + "!{timestamp:yyyy/MM/dd/HH}/",
                error_output_prefix=failed,
                file_extension=".jsonl.gz",
                processors=[
                    firehose.DecompressionProcessor(),
                    firehose.CloudWatchLogProcessor(data_message_extraction=True),
                    firehose.AppendDelimiterToRecordProcessor(),
                ],
                logging_config=firehose.EnableLogging(errors),
            ),
        )
        stream.node.add_dependency(role)
        sender = iam.Role(self, "Sender", assumed_by=iam.ServicePrincipal("logs.amazonaws.com"))
        sender.add_to_policy(
            may.Statement(
                actions=["firehose:PutRecord", "firehose:PutRecordBatch"],
                resources=[stream.delivery_stream_arn],
            )
        )
        sender.add_to_policy(may.use_key(key))
        subscription = logs.SubscriptionFilter(
            self,
            "Subscription",
            filter_name=_FILTER,
            log_group=source,
            destination=destinations.FirehoseDestination(
                stream, role=sender.without_policy_updates()
            ),
            filter_pattern=logs.FilterPattern.string_value("$.record_type", "=", "prediction*"),
        )
        subscription.node.add_dependency(sender)
        late = stream.metric(
            "DeliveryToS3.DataFreshness", period=Duration.minutes(5), statistic="Maximum"
        )
        alarm_on(
            self,
            "Late",
            metric=late,
            threshold=_LATEST_SECONDS,
            description="Predictions wait to be written to the lake; failed ones lie below "
            f"{failed}.",
            runbook="prediction-log",
            alerts=alerts,
        )
        refused = cloudwatch.Metric(
            namespace="AWS/Logs",
            metric_name="DeliveryErrors",
            dimensions_map={
                "LogGroupName": source.log_group_name,
                "DestinationType": "Firehose",
                "FilterName": _FILTER,
            },
            period=Duration.minutes(5),
            statistic="Sum",
        )
        alarm_on(
            self,
            "Refused",
            metric=refused,
            description="Log records of predictions could not be handed to Firehose.",
            runbook="prediction-log",
            alerts=alerts,
        )
