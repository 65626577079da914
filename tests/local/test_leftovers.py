"""What ``destroy`` empties, what outlives it, and what a deployment after it is told."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cli.connection import Connection
from cli.leftovers import (
    NamesTaken,
    buckets_of,
    check_names,
    delete_leftovers,
    empty_bucket,
    leftovers,
)
from infra.settings import ENVIRONMENTS, EnvironmentSettings
from tests.local.conftest import EmbeddedAccount

pytestmark = pytest.mark.local

PROD = ENVIRONMENTS["prod"]
SUFFIX = "000000000000-us-east-1"
MINE = f"ghosteam-prod-lake-{SUFFIX}"
OTHER_TABLES = ("ghosteam-prod-state-of-others", "ghosteam_prod__eu_online_flights.weather", "mine")
OTHERS = [f"ghosteam-prod-lake-landing-{SUFFIX}", f"ghosteam-dev-landing-{SUFFIX}", "prod-lake"]


def fill(account: Connection, bucket: str) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="key", Body=body)
    s3.delete_object(Bucket=bucket, Key="key")


def versions(account: Connection, bucket: str) -> int:
    return len(account.client("s3").list_object_versions(Bucket=bucket).get("Versions", []))


def table(account: Connection, name: str, **more: Any) -> None:
    account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


@pytest.fixture(scope="module")
def account(embedded_account: EmbeddedAccount) -> Connection:
    """An account in which ``prod`` was destroyed, which keeps its data, and others live."""
    made = Connection("prod", dict(embedded_account.descriptor.environment))
    for bucket in (MINE, *OTHERS):
        fill(made, bucket)
    key = made.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    made.client("s3").put_bucket_encryption(
        Bucket=MINE, ServerSideEncryptionConfiguration={"Rules": [default]}
    )
    table(made, "ghosteam-prod-state", DeletionProtectionEnabled=True)
    table(made, "ghosteam_prod_online_flights.weather")
    for other in OTHER_TABLES:
        table(made, other)
    for pool in ("ghosteam-prod", "ghosteam-prod-eu"):
        made.client("cognito-idp").create_user_pool(PoolName=pool)
    return made


def test_only_this_environments_buckets_are_its_own(account: Connection) -> None:
    assert buckets_of(account, PROD) == [MINE]
    empty_bucket(account, MINE, lambda line: None)
    assert {name: versions(account, name) for name in (MINE, *OTHERS)} == {
        MINE: 0,
        **dict.fromkeys(OTHERS, 2),
    }


def test_a_deployment_that_meets_what_an_earlier_one_kept_is_told_what_to_do(
    account: Connection,
) -> None:
    with pytest.raises(NamesTaken) as caught:
        check_names(account, PROD)
    text = str(caught.value)
    assert (
        f"bucket {MINE}" in text
        and "table ghosteam-prod-state\n" in text
        and "flights.weather" in text
    )
    assert "./ghosteam destroy --environment prod --with-data" in text and "aws s3 sync" in text
    assert not any(f" {other}\n" in text for other in OTHERS)


def test_an_environment_that_left_nothing_can_be_deployed(account: Connection) -> None:
    check_names(account, EnvironmentSettings(name="prod-eu2"))


def test_a_running_deployment_is_not_in_its_own_way(account: Connection) -> None:
    topic = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    stacks = account.client("cloudformation")
    stacks.create_stack(StackName="Ghosteam-prod-Foundation", TemplateBody=topic)
    check_names(account, PROD)
    stacks.delete_stack(StackName="Ghosteam-prod-Foundation")
    with pytest.raises(NamesTaken):
        eventually_refused(account)


def eventually_refused(account: Connection) -> None:
    for _ in range(100):
        check_names(account, PROD)
        time.sleep(0.1)


def test_deleting_with_data_leaves_nothing_of_it_and_all_of_others(account: Connection) -> None:
    said: list[str] = []
    delete_leftovers(account, PROD, said.append)
    assert leftovers(account, PROD) == []
    check_names(account, PROD)
    left = {bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]}
    assert MINE not in left and set(OTHERS) <= left
    tables = set(account.client("dynamodb").list_tables()["TableNames"])
    assert set(OTHER_TABLES) <= tables and "ghosteam-prod-state" not in tables
    pools = {
        pool["Name"]
        for pool in account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    }
    assert "ghosteam-prod-eu" in pools and "ghosteam-prod" not in pools
    assert any(
        "will be deleted in 30 days" in line and "cancel-key-deletion" in line for line in said
    )
    delete_leftovers(account, PROD, said.append)
