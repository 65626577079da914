"""One S3 bucket."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ghosteam.aws.errors import translated
from ghosteam.errors import NotFound, Transient

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectRequestTypeDef


@dataclass(frozen=True)
class StoredObject:
    """A listed object: key, size in bytes, time of its last change (UTC)."""

    key: str
    size: int
    modified: datetime


class Objects:
    """Reads and writes whole objects of one bucket. ``client`` is a boto3 S3 client."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def uri(self, key: str) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises NotFound."""
        with translated("Reading an object", bucket=self.bucket, key=key):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            with translated("Looking for an object", bucket=self.bucket, key=key):
                self._client.head_object(Bucket=self.bucket, Key=key)
        except NotFound:
            return False
        return True

    def modified(self, key: str) -> datetime:
        """When the object was written (UTC). Raises NotFound."""
        with translated("Looking for an object", bucket=self.bucket, key=key):
            written: datetime = self._client.head_object(Bucket=self.bucket, Key=key)[
                "LastModified"
            ]
            return written

    @contextmanager
    def stream(self, key: str) -> Iterator[Any]:
        """The object as a file to read from once, in pieces. Raises NotFound."""
        with translated("Reading an object", bucket=self.bucket, key=key):
            body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"]
            with closing(body):
                yield body

    def digest(self, key: str) -> str:
        """SHA-256 of the object's bytes, in hexadecimal digits, without keeping them. Raises
        NotFound.
        """
        found = hashlib.sha256()
        with self.stream(key) as body:
            while piece := body.read(1 << 20):
                found.update(piece)
        return found.hexdigest()

    def get_json(self, key: str) -> Any:
        """The object's JSON document. Raises NotFound."""
        return json.loads(self.get(key))

    def find_json(self, key: str) -> Any | None:
        """The object's JSON document, or None when there is no such object."""
        try:
            return self.get_json(key)
        except NotFound:
            return None

    def put(
        self, key: str, body: bytes | BinaryIO, *, content_type: str = "application/octet-stream"
    ) -> None:
        """Write an object; repeating it with the same body changes nothing."""
        with translated("Writing an object", bucket=self.bucket, key=key):
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=content_type
            )

    def put_json(self, key: str, document: object) -> None:
        """Write a JSON document with sorted keys, so that equal documents are equal bytes."""
        text = json.dumps(document, sort_keys=True, allow_nan=False, indent=1)
        self.put(key, text.encode(), content_type="application/json")

    def download(
        self, key: str, path: Path, *, version_id: str | None = None, size: int | None = None
    ) -> None:
        """Stream an object (or one version of it) into a file, and hold the file against what S3
        keeps.

        ``size``: bytes that the object is expected to have, where an event told.

        Raises:
            NotFound: there is no such object.
            Transient: the file is not what S3 keeps, or S3 keeps another size than expected.
        """
        asked: HeadObjectRequestTypeDef = {
            "Bucket": self.bucket,
            "Key": key,
            "ChecksumMode": "ENABLED",
        }
        if version_id:
            asked["VersionId"] = version_id
        with translated("Downloading an object", bucket=self.bucket, key=key):
            kept = self._client.head_object(**asked)
            version = {"VersionId": version_id} if version_id else None
            self._client.download_file(self.bucket, key, str(path), ExtraArgs=version)
        where = {"bucket": self.bucket, "key": key, "version": version_id}
        check_download(path, kept, where=where, size=size)

    def delete(self, key: str) -> None:
        """Delete an object, if there is one; its versions stay as long as the bucket keeps them."""
        with translated("Deleting an object", bucket=self.bucket, key=key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[StoredObject]:
        """Objects below ``prefix`` in key order, after ``start_after``."""
        with translated("Listing objects", bucket=self.bucket, prefix=prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield StoredObject(item["Key"], item["Size"], item["LastModified"])


def check_download(
    path: Path, kept: Mapping[str, object], *, where: Mapping[str, object], size: int | None = None
) -> None:
    """Hold a downloaded file against the answer ``kept`` to a HeadObject call with checksums.

    An ETag is no checksum where a key of KMS encrypts; a composite checksum covers parts whose
    sizes are not told. Then the size alone is compared.

    Raises:
        Transient: they differ; the same download may succeed.
    """
    found = path.stat().st_size
    for source, wanted in (("S3 keeps", kept["ContentLength"]), ("the event tells of", size)):
        if wanted is not None and found != wanted:
            raise Transient(
                f"The download has {found} bytes, {source} {wanted}",
                where=where,
                remedy="Download it again",
            )
    if kept.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return
    for name, digest in _CHECKSUMS.items():
        if name in kept and digest(path) != kept[name]:
            raise Transient(
                f"The download's {name} is not S3's", where=where, remedy="Download it again"
            )


def _crc32(path: Path) -> str:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


_CHECKSUMS: Mapping[str, Callable[[Path], str]] = {
    "ChecksumCRC32": _crc32,
    "ChecksumSHA256": _sha256,
}
"""S3's checksums that Python computes quickly; the SDK makes CRC-32 by default."""
