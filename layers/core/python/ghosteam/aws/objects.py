"""One S3 bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from ghosteam.aws.errors import translated
from ghosteam.errors import NotFound


@dataclass(frozen=True)
class StoredObject:
    """A listed object: key, size in bytes, time of its last change (UTC)."""

    key: str
    size: int
    modified: datetime


class Objects:
    """Reads and writes whole objects of one bucket. ``client`` is a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
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

    def get_json(self, key: str) -> Any:
        """The object's JSON document. Raises NotFound."""
        return json.loads(self.get(key))

    def find_json(self, key: str) -> Any | None:
        """The object's JSON document, or None when there is no such object."""
        try:
            return self.get_json(key)
        except NotFound:
            return None

    def put(self, key: str, body: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> None:
        """Write an object; repeating it with the same body changes nothing."""
        with translated("Writing an object", bucket=self.bucket, key=key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_json(self, key: str, document: Any) -> None:
        """Write a JSON document with sorted keys, so that equal documents are equal bytes."""
        text = json.dumps(document, sort_keys=True, allow_nan=False, indent=1)
        self.put(key, text.encode(), content_type="application/json")

    def download(self, key: str, path: Path, *, version_id: str | None = None) -> None:
        """Stream an object (or one version of it) into a file. Raises NotFound."""
        extra = {"VersionId": version_id} if version_id else None
        with translated("Downloading an object", bucket=self.bucket, key=key):
            self._client.download_file(self.bucket, key, str(path), ExtraArgs=extra)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[StoredObject]:
        """Objects below ``prefix`` in key order, after ``start_after``."""
        with translated("Listing objects", bucket=self.bucket, prefix=prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield StoredObject(item["Key"], item["Size"], item["LastModified"])


def parse_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` to ``(bucket, key)``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
