"""What all stacks use of the Foundation's, as constructs see it: they know no stack."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns


class Shared(Protocol):
    """The key, the buckets, the state table, the bus and the topic of alerts."""

    key: kms.Key
    landing: s3.Bucket
    lake: s3.Bucket
    artifacts: s3.Bucket
    state: dynamodb.TableV2
    bus: events.EventBus
    alerts: sns.Topic
