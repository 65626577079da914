"""Everything that holds data is encrypted with the deployment's own key, and talked to over TLS
only.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.infra.templates import Resource, Synthesized, as_list, logical_id, states

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
    [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ],
)
def test_queues_topics_and_log_groups_are_encrypted_with_our_key(
    environment: Synthesized, kind: str, field: str
) -> None:
    bare = [
        str(resource)
        for resource in environment.of(kind)
        if not environment.is_our_key(resource.properties.get(field))
    ]
    assert not bare


def test_tables_are_encrypted_with_our_key_in_every_region(environment: Synthesized) -> None:
    for table in environment.of("AWS::DynamoDB::GlobalTable"):
        assert table.properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}, table
        for replica in table.properties["Replicas"]:
            assert environment.is_our_key(replica["SSESpecification"]["KMSMasterKeyId"]), table


def test_buckets_are_encrypted_with_our_key_but_for_the_one_of_access_logs(
    environment: Synthesized,
) -> None:
    for bucket in environment.of("AWS::S3::Bucket"):
        if bucket.id.startswith(ACCESS_LOGS):
            assert bucket_keys(bucket) == [{"SSEAlgorithm": "AES256"}]
        else:
            assert [key["SSEAlgorithm"] for key in bucket_keys(bucket)] == ["aws:kms"], bucket
            assert all(
                environment.is_our_key(key["KMSMasterKeyID"]) for key in bucket_keys(bucket)
            ), bucket


def test_the_prediction_log_is_encrypted_with_our_key_on_its_way_and_where_it_lands(
    environment: Synthesized,
) -> None:
    for stream in environment.of("AWS::KinesisFirehose::DeliveryStream"):
        assert environment.is_our_key(
            stream.properties["DeliveryStreamEncryptionConfigurationInput"]["KeyARN"]
        )
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
        if statement["Effect"] == "Allow"
        and principal in as_list(statement["Principal"].get("Service", []))
        for action in as_list(statement["Action"])
    }
    assert "kms:Decrypt" in actions
    assert actions & {"kms:GenerateDataKey", "kms:GenerateDataKey*"}


def test_the_key_is_rotated(environment: Synthesized) -> None:
    (key,) = environment.of("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is True


# What each of the other jobs asks over the network.
NEEDS_NETWORK = {
    "BuildTrainingSet": "the lake's files by a list that its plan holds, and the online store",
    "ScoreBatch": "the state table, the lake and the model that serves",
    "IngestFile": "the landing bucket, the state table and the bus",
    "ValidateBatch": "the lake, the state table and the bus",
    "WriteReport": "the prediction log, hour by hour",
}


def test_jobs_that_ask_nobody_have_no_network(environment: Synthesized) -> None:
    isolated = {
        name: state["Parameters"].get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        for definition in environment.machines().values()
        for name, state in states(definition)
        if state.get("Resource", "").endswith("createProcessingJob.sync")
    }
    assert isolated == {"EvaluateModels": True, **dict.fromkeys(NEEDS_NETWORK, False)}


def test_disks_of_jobs_and_endpoints_have_our_key_and_models_no_network(
    environment: Synthesized,
) -> None:
    """cdk-nag does not look into state machines."""
    (key,) = environment.of("AWS::KMS::Key")
    seen: Counter[str] = Counter()
    for definition in environment.machines().values():
        for name, state in states(definition):
            parameters, action = (
                state.get("Parameters", {}),
                state.get("Resource", "").rpartition(":")[2],
            )
            if action == "createTrainingJob.sync":
                keys = [
                    parameters["ResourceConfig"]["VolumeKmsKeyId"],
                    parameters["OutputDataConfig"]["KmsKeyId"],
                ]
            elif action == "createProcessingJob.sync":
                keys = [parameters["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"]]
                keys += (
                    [parameters["ProcessingOutputConfig"]["KmsKeyId"]]
                    if "ProcessingOutputConfig" in parameters
                    else []
                )
            elif action == "createEndpointConfig":
                keys = [parameters["KmsKeyId"]]
            elif action == "createModel":
                keys = []
                assert parameters["EnableNetworkIsolation"] is True, name
            else:
                continue
            seen[action] += 1
            assert all(key.id in one for one in keys), name
    assert (
        seen["createTrainingJob.sync"]
        and seen["createProcessingJob.sync"] >= 4
        and seen["createEndpointConfig"]
    )


def test_a_machine_that_starts_machines_may_let_the_service_use_the_key_for_their_disks_only(
    environment: Synthesized,
) -> None:
    grants = [s for _, s in environment.grants() if "kms:CreateGrant" in as_list(s["Action"])]
    assert len(grants) >= 5
    for statement in grants:
        assert as_list(statement["Action"]) == ["kms:CreateGrant"]
        assert statement["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
