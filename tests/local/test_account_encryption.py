"""What a key protects is reached with leave to use the key."""

import json

import pytest

from tests.local.conftest import EmbeddedAccount, allow, eventually, policy

pytestmark = pytest.mark.local


def test_a_key_is_needed_for_what_it_protects(embedded_account: EmbeddedAccount) -> None:
    kms, s3 = embedded_account.client("kms"), embedded_account.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="sealed")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="sealed", Key="k", Body=b"x")
    source = (
        "import boto3\ndef handler(e, c): return "
        "boto3.client('s3').get_object(Bucket='sealed', Key='k')['ETag']\n"
    )
    read = allow("s3:GetObject", "arn:aws:s3:::sealed/*")
    client = embedded_account.client("lambda")
    embedded_account.function("no-key", source, read, Timeout=20)
    assert "FunctionError" in client.invoke(FunctionName="no-key")
    assert (
        f"is not authorized to perform: kms:Decrypt on resource: {key}"
        in embedded_account.log_text("no-key")
    )
    embedded_account.function("with-key", source, read, allow("kms:Decrypt", key), Timeout=20)
    assert "FunctionError" not in client.invoke(FunctionName="with-key")


def test_a_rule_needs_the_key_of_an_encrypted_queue(embedded_account: EmbeddedAccount) -> None:
    events, sqs, kms = (embedded_account.client(name) for name in ("events", "sqs", "kms"))
    key = kms.create_key()["KeyMetadata"]["Arn"]
    service = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    url, arn = embedded_account.queue("sealed", {**service, "Action": "sqs:SendMessage"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    events.put_rule(Name="sealed", EventPattern=json.dumps({"source": ["test.sealed"]}))
    events.put_targets(Rule="sealed", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "test.sealed", "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    use = {**service, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(own, use))
    events.put_events(Entries=[entry])
    assert eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
