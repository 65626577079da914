"""Events about S3 objects on the bus of the embedded account."""

import json

import pytest

from tests.local.conftest import EmbeddedAccount, eventually

pytestmark = pytest.mark.local


def test_an_event_about_an_object_of_a_versioned_bucket_names_its_version(
    embedded_account: EmbeddedAccount,
) -> None:
    s3, sqs, events = (embedded_account.client(name) for name in ("s3", "sqs", "events"))
    s3.create_bucket(Bucket="versioned-drops")
    s3.put_bucket_versioning(
        Bucket="versioned-drops", VersioningConfiguration={"Status": "Enabled"}
    )
    s3.put_bucket_notification_configuration(
        Bucket="versioned-drops", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
    }
    url, arn = embedded_account.queue("versioned-drops", statement)
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["versioned-drops"]}}}
    events.put_rule(Name="versioned-drops", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="versioned-drops", Targets=[{"Id": "queue", "Arn": arn}])

    written = [
        s3.put_object(Bucket="versioned-drops", Key="a", Body=body)["VersionId"]
        for body in (b"1", b"2")
    ]
    told: set[str] = set()

    def both() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            told.add(json.loads(message["Body"])["detail"]["object"]["version-id"])
        return told == set(written)

    eventually(both)
