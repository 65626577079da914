"""A bucket that is emptied for long says how far it is, and one that cannot be emptied says why."""

from __future__ import annotations

import itertools

import pytest
from moto import mock_aws

from cli.connection import Connection
from cli.leftovers import NotEmptied, empty_bucket

BUCKET = "ghosteam-dev-lake-000000000000-us-east-1"
ACCOUNT = Connection(
    "dev",
    {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    },
)


def _account() -> Connection:
    return Connection(ACCOUNT.environment, ACCOUNT.variables)


def test_a_long_removal_tells_how_many_are_gone() -> None:
    with mock_aws():
        account, told = _account(), list[str]()
        s3 = account.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for number in range(1250):
            s3.put_object(Bucket=BUCKET, Key=f"k{number % 1000}", Body=b"")
        s3.delete_object(Bucket=BUCKET, Key="k1")
        clock = itertools.count(0.0, 4.0).__next__  # every second look is more than five seconds on
        empty_bucket(account, BUCKET, told.append, clock=clock)
        left = s3.list_object_versions(Bucket=BUCKET)
        assert "Versions" not in left and "DeleteMarkers" not in left
        assert told == [f"  {BUCKET}: 1,251 versions of objects deleted so far"]


def test_what_is_locked_is_named_with_the_reason() -> None:
    with mock_aws():
        account = _account()
        s3 = account.client("s3")
        s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        hold = {"ObjectLockLegalHoldStatus": "ON"}
        s3.put_object(Bucket=BUCKET, Key="kept.csv", Body=b"", **hold)
        with pytest.raises(NotEmptied, match=r"1 objects of .* such as kept\.csv: AccessDenied"):
            empty_bucket(account, BUCKET, lambda line: None)
