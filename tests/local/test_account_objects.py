"""Objects in the embedded account come back as they were put, however large and however they are
read.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.local.conftest import EmbeddedAccount

pytestmark = pytest.mark.local

MEBIBYTE = 1024 * 1024
BUCKET = "large-objects"


@pytest.fixture(scope="module")
def bucket(embedded_account: EmbeddedAccount) -> str:
    """A versioned bucket."""
    s3 = embedded_account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return BUCKET


def write_noise(path: Path, size: int) -> None:
    """Bytes that repeat nowhere on a part's boundary, so that a misplaced part shows."""
    with path.open("wb") as file:
        for start in range(0, size, MEBIBYTE):
            file.write(os.urandom(min(MEBIBYTE, size - start)))


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resident_bytes(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@pytest.mark.parametrize(
    "size",
    [
        8 * MEBIBYTE - 1,
        8 * MEBIBYTE,
        8 * MEBIBYTE + 1,
        100 * MEBIBYTE + 17,
        pytest.param(2048 * MEBIBYTE + 5, marks=pytest.mark.long),
    ],
)
def test_a_file_comes_back_byte_for_byte_by_the_sdks_own_transfers(
    embedded_account: EmbeddedAccount, bucket: str, tmp_path: Path, size: int
) -> None:
    s3, key = embedded_account.client("s3"), f"file-{size}"
    sent, found = tmp_path / "sent", tmp_path / "found"
    write_noise(sent, size)
    before = resident_bytes(embedded_account.descriptor.processes["account"].pid)
    s3.upload_file(str(sent), bucket, key)
    version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"newer")
    wanted = digest(sent)
    s3.download_file(bucket, key, str(found), ExtraArgs={"VersionId": version})
    assert (found.stat().st_size, digest(found)) == (size, wanted)

    source = {"Bucket": bucket, "Key": key, "VersionId": version}
    in_parts = TransferConfig(multipart_threshold=8 * MEBIBYTE, multipart_chunksize=8 * MEBIBYTE)
    s3.copy(source, bucket, f"{key}-copy", Config=in_parts)
    s3.download_file(bucket, f"{key}-copy", str(found))
    assert (found.stat().st_size, digest(found)) == (size, wanted)
    # The object and its copy, each once more while its parts are put together.
    assert (
        resident_bytes(embedded_account.descriptor.processes["account"].pid) - before
        < 4 * size + 200 * MEBIBYTE
    )
    for name in (key, f"{key}-copy"):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name):
            for entry in page.get("Versions", []):
                s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


def test_a_range_of_a_version_is_that_range(embedded_account: EmbeddedAccount, bucket: str) -> None:
    s3 = embedded_account.client("s3")
    version = s3.put_object(
        Bucket=bucket, Key="digits", Body=b"0123456789", ContentType="text/plain"
    )["VersionId"]
    s3.put_object(Bucket=bucket, Key="digits", Body=b"newer")
    for asked, place, body in [
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=5-100", "bytes 5-9/10", b"56789"),
    ]:
        answer = s3.get_object(Bucket=bucket, Key="digits", VersionId=version, Range=asked)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (answer["ContentRange"], answer["Body"].read(), answer["ContentType"]) == (
            place,
            body,
            "text/plain",
        )
    with pytest.raises(ClientError, match="InvalidRange") as caught:
        s3.get_object(Bucket=bucket, Key="digits", VersionId=version, Range="bytes=10-")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416


def test_a_part_of_a_version_is_that_part(embedded_account: EmbeddedAccount, bucket: str) -> None:
    s3 = embedded_account.client("s3")
    place = {"Bucket": bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    parts = []
    for number, body in ((1, b"a" * 5 * MEBIBYTE), (2, b"tail")):
        answer = s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    version = s3.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": parts}
    )["VersionId"]
    s3.put_object(**place, Body=b"newer")
    answer = s3.get_object(**place, VersionId=version, PartNumber=2)
    assert (answer["Body"].read(), answer["PartsCount"]) == (b"tail", 2)
    with pytest.raises(ClientError) as caught:
        s3.get_object(**place, VersionId=version, PartNumber=3)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416
