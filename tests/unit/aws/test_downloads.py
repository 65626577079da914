"""A download is held against what S3 keeps: a truncated or doubled file is a passing fault, never
bad rows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ghosteam.aws.objects import Objects, check_download
from ghosteam.errors import NotFound, Transient
from tests.accounts import memory_account

BODY = b"a,b\n1,2\n" * 1000


class Damaging:
    """S3 whose downloads come out otherwise than they are kept."""

    def __init__(self, client: Any, damage: Callable[[bytes], bytes]) -> None:
        self._client = client
        self._damage = damage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def download_file(self, bucket: str, key: str, path: str, **options: Any) -> None:
        self._client.download_file(bucket, key, path, **options)
        Path(path).write_bytes(self._damage(Path(path).read_bytes()))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda body: body[:-1], "has 7999 bytes, S3 keeps 8000"),
        (lambda body: body + body, "has 16000 bytes, S3 keeps 8000"),
        (lambda body: b"", "has 0 bytes"),
        (lambda body: body[4000:] + body[:4000][::-1], "ChecksumSHA256 is not S3's"),
    ],
)
def test_a_damaged_download_is_transient(
    tmp_path: Path, damage: Callable[[bytes], bytes], told: str
) -> None:
    with memory_account():
        client = boto3.client("s3")
        client.put_object(Bucket="lake", Key="file", Body=BODY, ChecksumAlgorithm="SHA256")
        with pytest.raises(Transient, match=told):
            Objects(Damaging(client, damage), "lake").download("file", tmp_path / "file")


def test_a_download_of_another_size_than_the_event_tells_is_transient(tmp_path: Path) -> None:
    with memory_account() as account:
        account.lake.put("file", BODY)
        account.lake.download("file", tmp_path / "file", size=len(BODY))
        assert (tmp_path / "file").read_bytes() == BODY
        with pytest.raises(Transient, match="the event tells of 5"):
            account.lake.download("file", tmp_path / "file", size=5)


def test_a_missing_object_is_not_found(tmp_path: Path) -> None:
    with memory_account() as account, pytest.raises(NotFound):
        account.lake.download("nothing", tmp_path / "file")


def test_a_checksum_is_compared_as_s3_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"123456789")
    # The check value of CRC-32, 0xCBF43926, in base 64.
    check_download(path, {"ContentLength": 9, "ChecksumCRC32": "y/Q5Jg=="}, where={})
    with pytest.raises(Transient, match="ChecksumCRC32"):
        check_download(path, {"ContentLength": 9, "ChecksumCRC32": "y/Q5Jw=="}, where={})
    # Of an object in parts it is a checksum of checksums.
    parts = {"ContentLength": 9, "ChecksumCRC32": "y/Q5Jw==-2", "ChecksumType": "COMPOSITE"}
    check_download(path, parts, where={})
