"""IAM statements by intent. Every action is spelled out; resources are as narrow as AWS allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE, EventType
from ghosteam.documents.state_keys import Area

Statement = iam.PolicyStatement
LOG = (keys.PREDICTIONS, keys.FAILED_CALLS, keys.DELIVERED, keys.UNDELIVERED)
"""Prefixes, in the lake, of what a reader of the prediction log reads."""


def read_objects(bucket: s3.IBucket, *prefixes: str) -> Statement:
    """Read objects, and versions of them, below the prefixes."""
    resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    return Statement(actions=["s3:GetObject", "s3:GetObjectVersion"], resources=resources)


def write_objects(bucket: s3.IBucket, *prefixes: str) -> Statement:
    """Write objects below the prefixes, whole or in parts."""
    resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    return Statement(actions=["s3:PutObject", "s3:AbortMultipartUpload"], resources=resources)


def delete_objects(bucket: s3.IBucket, *prefixes: str) -> Statement:
    """Delete objects below the prefixes; the bucket keeps their versions for a while."""
    resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    return Statement(actions=["s3:DeleteObject"], resources=resources)


def list_objects(bucket: s3.IBucket, *prefixes: str) -> Statement:
    """List below the prefixes. Without it S3 answers 403 instead of 404 for an object that does not
    exist.
    """
    return Statement(
        actions=["s3:ListBucket"],
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def use_key(key: kms.IKey) -> Statement:
    """Decrypt what the key protects and encrypt new data with it."""
    return Statement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])


def use_key_for_volumes(key: kms.IKey) -> list[Statement]:
    """Let a service of AWS use the key for the disks of machines that it starts, and for nothing
    else.

    Source: SageMaker developer guide, "API permissions: actions, permissions, and resources
    reference".
    """
    grant = Statement(
        actions=["kms:CreateGrant"],
        resources=[key.key_arn],
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    return [grant, Statement(actions=["kms:DescribeKey"], resources=[key.key_arn])]


def count_in(namespace: str) -> Iterator[Statement]:
    """Publish metrics of the namespace, and read statistics, which know no resources."""
    yield Statement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
    )
    yield Statement(actions=["cloudwatch:GetMetricStatistics"], resources=["*"])


def read_state(table: dynamodb.ITableV2, *areas: Area) -> Statement:
    """Read documents of the areas."""
    return _state(table, ["dynamodb:GetItem", "dynamodb:Query"], areas)


def change_state(table: dynamodb.ITableV2, *areas: Area) -> Statement:
    """Read and write documents of the areas."""
    actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    return _state(table, actions, areas)


def _state(table: dynamodb.ITableV2, actions: list[str], areas: Sequence[Area]) -> Statement:
    # None of the actions can leave the partition key out, which a condition on all of its values
    # would let pass.
    return Statement(
        actions=actions,
        resources=[table.table_arn],
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{area}#*" for area in areas]}
        },
    )


def read_online(stack: Stack, table: str) -> Statement:
    """Read features by key from the online table of that name."""
    return Statement(actions=["dynamodb:BatchGetItem"], resources=[_table(stack, table)])


def write_online(stack: Stack, table: str) -> Statement:
    """Write features, reading first what is there."""
    return Statement(
        actions=["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
        resources=[_table(stack, table)],
    )


def list_online(stack: Stack, table: str) -> Statement:
    """Go through the online table of that name."""
    return Statement(actions=["dynamodb:Scan"], resources=[_table(stack, table)])


def _table(stack: Stack, name: str) -> str:
    return stack.format_arn(service="dynamodb", resource="table", resource_name=name)


def publish(bus: events.IEventBus, *types: EventType) -> Statement:
    """Put this project's events of these types on the bus."""
    return Statement(
        actions=["events:PutEvents"],
        resources=[bus.event_bus_arn],
        conditions={"StringEquals": {"events:source": SOURCE, "events:detail-type": list(types)}},
    )


def read_secrets(stack: Stack, names: list[str]) -> Statement:
    """Read secrets by name; their ARNs end in six characters that Secrets Manager makes up."""
    resources = [
        stack.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for name in names
    ]
    return Statement(actions=["secretsmanager:GetSecretValue"], resources=resources)


def read_stream(stack: Stack, name: str) -> Statement:
    """Read the records of the stream of that name, as Lambda's poller does with the function's
    role.
    """
    actions = [
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
    ]
    return Statement(
        actions=[f"kinesis:{action}" for action in actions],
        resources=[stack.format_arn(service="kinesis", resource="stream", resource_name=name)],
    )


def send_messages(queue: sqs.IQueue) -> Statement:
    """Put messages into a queue."""
    return Statement(actions=["sqs:SendMessage"], resources=[queue.queue_arn])


def call_mlflow(app_arn: str) -> Statement:
    """Use the tracking server: an MLflow App has this one action for its whole REST API."""
    return Statement(actions=["sagemaker:CallMlflowAppApi"], resources=[app_arn])


def sagemaker_arn(stack: Stack, kind: str, name: str) -> str:
    """ARN of SageMaker resources of a kind (``training-job``, ``endpoint``, …); ``name`` may end
    with ``*``.
    """
    return stack.format_arn(
        service="sagemaker",
        resource=kind,
        resource_name=name,
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )


def pass_role(role: iam.IRole, service: str) -> Statement:
    """Hand a role to one service."""
    return Statement(
        actions=["iam:PassRole"],
        resources=[role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": service}},
    )


def ask_athena(stack: Stack, *, workgroup: str, databases: str) -> Iterator[Statement]:
    """Run queries in the workgroup, over tables of the databases with a name that begins so.

    Source: Amazon Athena user guide, "Configure access to databases and tables in the AWS Glue
    Data Catalog": whoever asks for any table may look for the database ``default``.
    """

    def catalog(resource: str, name: str | None = None) -> str:
        form = ArnFormat.SLASH_RESOURCE_NAME if name else ArnFormat.NO_RESOURCE_NAME
        return stack.format_arn(
            service="glue", resource=resource, resource_name=name, arn_format=form
        )

    yield Statement(
        actions=[
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        ],
        resources=[
            stack.format_arn(service="athena", resource="workgroup", resource_name=workgroup)
        ],
    )
    yield Statement(
        actions=["glue:GetDatabase"],
        resources=[
            catalog("catalog"),
            catalog("database", "default"),
            catalog("database", f"{databases}*"),
        ],
    )
    yield Statement(
        actions=["glue:GetTable", "glue:GetTables"],
        resources=[
            catalog("catalog"),
            catalog("database", f"{databases}*"),
            catalog("table", f"{databases}*/*"),
        ],
    )


def keep_query_results(bucket: s3.IBucket, prefix: str) -> Iterator[Statement]:
    """Have Athena write what a query found below the prefix, and read it there.

    Source: Amazon Athena user guide, "Control access to Amazon S3 from Athena".
    """
    yield Statement(
        actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
        resources=[bucket.bucket_arn],
    )
    yield Statement(
        actions=[
            "s3:AbortMultipartUpload",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ],
        resources=[bucket.arn_for_objects(f"{prefix}*")],
    )
