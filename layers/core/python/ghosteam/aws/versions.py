"""All versions of the objects of one S3 bucket: a bucket that keeps versions keeps what was
overwritten and deleted, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.aws.objects import Objects
from ghosteam.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Version:
    """A version of an object; ``latest``: the one that is read, if it was not deleted."""

    key: str
    id: str
    latest: bool
    modified: datetime


class Versions(Objects):
    """Reads and deletes versions. ``client`` is a boto3 S3 client."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        super().__init__(client, bucket)
        self._s3 = client

    def versions(self, prefix: str) -> Iterator[list[Version]]:
        """The versions of each object below ``prefix``, the newest first, one object at a time;
        marks of deletion are left out.
        """
        for _, of_key in groupby(self._all(prefix), lambda one: one.key):
            yield list(of_key)

    def read(self, version: Version) -> bytes | None:
        """The bytes of a version; None where it has gone by now."""
        try:
            with translated("Reading a version", bucket=self.bucket, key=version.key):
                answer = self._s3.get_object(
                    Bucket=self.bucket, Key=version.key, VersionId=version.id
                )
                return answer["Body"].read()
        except NotFound:
            return None

    def remove(self, version: Version) -> None:
        """Delete a version for good."""
        with translated("Deleting a version", bucket=self.bucket, key=version.key):
            self._s3.delete_object(Bucket=self.bucket, Key=version.key, VersionId=version.id)

    def _all(self, prefix: str) -> Iterator[Version]:
        with translated("Listing versions", bucket=self.bucket, prefix=prefix):
            pages = self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            for page in pages:
                for item in page.get("Versions", []):
                    yield Version(
                        item["Key"], item["VersionId"], item["IsLatest"], item["LastModified"]
                    )
