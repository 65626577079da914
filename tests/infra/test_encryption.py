"""Everything that holds data is encrypted with the deployment's own key, and talked to over TLS only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.templates import Resource, Synthesized, as_list, logical_id

# S3 delivers access logs only to a bucket that is encrypted with keys of S3's own.
ACCESS_LOGS = "AccessLogs"


def only_over_tls(policy: Resource) -> bool:
    """Whether a resource policy denies everybody everything that does not come over TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy.properties["PolicyDocument"]["Statement"]
    )


def bucket_keys(bucket: Resource) -> list[dict[str, Any]]:
    rules = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return [rule["ServerSideEncryptionByDefault"] for rule in rules]


@pytest.mark.parametrize(
    ("kind", "field"),
    [("AWS::SQS::Queue", "KmsMasterKeyId"), ("AWS::SNS::Topic", "KmsMasterKeyId"), ("AWS::Logs::LogGroup", "KmsKeyId")],
)
def test_queues_topics_and_log_groups_are_encrypted_with_our_key(environment: Synthesized, kind: str, field: str) -> None:
    bare = [str(resource) for resource in environment.of(kind) if not environment.is_our_key(resource.properties.get(field))]
    assert not bare


def test_tables_are_encrypted_with_our_key_in_every_region(environment: Synthesized) -> None:
    for table in environment.of("AWS::DynamoDB::GlobalTable"):
        assert table.properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}, table
        for replica in table.properties["Replicas"]:
            assert environment.is_our_key(replica["SSESpecification"]["KMSMasterKeyId"]), table


def test_buckets_are_encrypted_with_our_key_but_for_the_one_of_access_logs(environment: Synthesized) -> None:
    for bucket in environment.of("AWS::S3::Bucket"):
        if bucket.id.startswith(ACCESS_LOGS):
            assert bucket_keys(bucket) == [{"SSEAlgorithm": "AES256"}]
        else:
            assert [key["SSEAlgorithm"] for key in bucket_keys(bucket)] == ["aws:kms"], bucket
            assert all(environment.is_our_key(key["KMSMasterKeyID"]) for key in bucket_keys(bucket)), bucket


def test_the_prediction_log_is_encrypted_with_our_key_on_its_way_and_where_it_lands(environment: Synthesized) -> None:
    for stream in environment.of("AWS::KinesisFirehose::DeliveryStream"):
        assert environment.is_our_key(stream.properties["DeliveryStreamEncryptionConfigurationInput"]["KeyARN"])
        landing = stream.properties["ExtendedS3DestinationConfiguration"]["EncryptionConfiguration"]
        assert environment.is_our_key(landing["KMSEncryptionConfig"]["AWSKMSKeyARN"])


@pytest.mark.parametrize(
    ("kind", "policy_kind", "field"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_buckets_queues_and_topics_refuse_what_does_not_come_over_tls(
    environment: Synthesized, kind: str, policy_kind: str, field: str
) -> None:
    safe = {
        (policy.stack, logical_id(reference))
        for policy in environment.of(policy_kind)
        if only_over_tls(policy)
        for reference in as_list(policy.properties[field])
    }
    assert {(resource.stack, resource.id) for resource in environment.of(kind)} == safe


def test_no_bucket_is_public_and_those_with_data_keep_versions(environment: Synthesized) -> None:
    for bucket in environment.of("AWS::S3::Bucket"):
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, bucket
        if not bucket.id.startswith(ACCESS_LOGS):
            assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}, bucket


@pytest.mark.parametrize("service", ["cloudwatch", "events", "sns", "scheduler", "logs.{region}"])
def test_the_keys_own_policy_lets_services_use_it(environment: Synthesized, service: str) -> None:
    """Without it an alarm or a rule fires into nothing: no error reaches anybody."""
    (key,) = environment.of("AWS::KMS::Key")
    principal = service.format(region=environment.settings.region or "us-east-1") + ".amazonaws.com"
    actions = {
        action
        for statement in key.properties["KeyPolicy"]["Statement"]
        if statement["Effect"] == "Allow" and principal in as_list(statement["Principal"].get("Service", []))
        for action in as_list(statement["Action"])
    }
    assert "kms:Decrypt" in actions
    assert actions & {"kms:GenerateDataKey", "kms:GenerateDataKey*"}


def test_the_key_is_rotated(environment: Synthesized) -> None:
    (key,) = environment.of("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is True
