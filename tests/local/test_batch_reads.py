"""What is read past botocore is what botocore reads, by a signature that the account checks."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ghosteam.aws.batch_reads import BatchReads
from tests.local.conftest import EmbeddedAccount, allow, policy
from tests.online import create_online_table

pytestmark = pytest.mark.local


def test_a_batch_is_read_as_botocore_reads_it(
    embedded_account: EmbeddedAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = embedded_account.client("dynamodb")
    table = create_online_table(client, "batches")
    ids = [f"trips.buses@1#{number:02x}" for number in range(100)]
    for identity in ids[:50]:
        values = {"S": '{"seats":4.5,"maker":"ä"}'}
        client.put_item(TableName=table, Item={"entity_id": {"S": identity}, "values": values})
    asked = {table: {"Keys": [{"entity_id": {"S": one}} for one in ids], "ConsistentRead": True}}

    user = embedded_account.client("iam")
    user.create_user(UserName="reader")
    may = policy(allow("dynamodb:BatchGetItem", "*"))
    user.put_user_policy(UserName="reader", PolicyName="statements", PolicyDocument=may)
    own = user.create_access_key(UserName="reader")["AccessKey"]
    reader = {
        "aws_access_key_id": own["AccessKeyId"],
        "aws_secret_access_key": own["SecretAccessKey"],
    }
    key = embedded_account.client("sts", **reader).get_session_token()["Credentials"]

    def read(secret: str, other: Any) -> Any:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        monkeypatch.setenv("AWS_SESSION_TOKEN", key["SessionToken"])
        return BatchReads(other).batch_get_item(RequestItems=asked)

    alone = SimpleNamespace(meta=client.meta)  # of which nothing can be asked
    answer = client.batch_get_item(RequestItems=asked)
    assert len(answer["Responses"][table]) == 50
    assert read(key["SecretAccessKey"], alone)["Responses"] == answer["Responses"]
    with pytest.raises(AttributeError):  # refused, and left to a client that is none
        read("another", alone)
    missing = BatchReads(client)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        missing.batch_get_item(RequestItems={"nowhere": asked[table]})
