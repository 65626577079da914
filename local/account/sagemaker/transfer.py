"""S3 in and out of a container, over the account's S3 API with the credentials of the container's
role.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.client import Config
from botocore.exceptions import ClientError
from ministack.core.responses import get_region

from local.account import identity
from local.account.sagemaker.containers import gateway
from local.account.sagemaker.errors import JobFailure

# CDK's S3Location renders https://s3.<region>.amazonaws.com/<bucket>/<key>; SageMaker takes both
# forms.
_S3_URL = re.compile(r"(?:s3://|https://s3[.-][^/]+/)([^/]+)/?(.*)", re.DOTALL)

# One session loads S3's model once; making clients of a session is not thread-safe, using them is.
_session = boto3.session.Session()
_session_lock = Lock()


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an S3 address in either form that SageMaker accepts."""
    found = _S3_URL.fullmatch(uri)
    if found is None:
        raise JobFailure(f"ClientError: '{uri}' is no S3 address. Use s3://bucket/key.")
    return found[1], found[2]


class Transfer:
    """Downloads and uploads as one role.

    Args:
        role_arn: the role; what its policies do not allow is refused by S3 and ends the job.
    """

    def __init__(self, role_arn: str) -> None:
        credentials = identity.credentials_for_role(role_arn)
        self._role_arn = role_arn
        with _session_lock:
            self._s3: Any = _session.client(
                "s3",
                region_name=get_region(),
                endpoint_url=gateway(),
                config=Config(s3={"addressing_style": "path"}),
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=credentials.get("AWS_SESSION_TOKEN") or None,
            )

    def exists(self, uri: str) -> None:
        """Raise JobFailure unless the role can read the object."""
        bucket, key = split_uri(uri)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise JobFailure(f"{uri}: {error}") from error

    def download_prefix(self, uri: str, directory: Path, *, required: bool = True) -> None:
        """Every object whose key starts with the address's key, into `directory`."""
        bucket, prefix = split_uri(uri)
        directory.mkdir(parents=True, exist_ok=True)
        with _as_failure(f"Data download failed: {uri}"):
            keys = list(self._keys(bucket, prefix))
            for key in keys:
                self._download(bucket, key, directory / _relative(key, prefix))
        if required and not keys:
            raise JobFailure(
                "ClientError: Data download failed: No S3 objects found under S3 URL "
                f'"{uri}" given in input data source. Please ensure that the bucket exists in the '
                "selected region, that objects exist under that S3 prefix, and that the role "
                f'"{self._role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
            )

    def download_manifest(self, uri: str, directory: Path) -> None:
        """The objects that a manifest lists: `[{"prefix": "s3://…/"}, "relative/path", …]`."""
        text = self.read(uri)
        if not isinstance(text, list) or not text or "prefix" not in text[0]:
            raise JobFailure(
                f"ClientError: the manifest {uri} must be a JSON list that starts with a prefix."
            )
        bucket, prefix = split_uri(text[0]["prefix"])
        with _as_failure(f"Data download failed: {uri}"):
            for relative in text[1:]:
                self._download(bucket, prefix + relative, directory / relative)

    def read(self, uri: str) -> Any:
        """A JSON object's content."""
        bucket, key = split_uri(uri)
        with _as_failure(f"Data download failed: {uri}"):
            return json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def download_archive(self, uri: str, directory: Path) -> None:
        """Unpack a `.tar.gz` into `directory`."""
        bucket, key = split_uri(uri)
        directory.mkdir(parents=True, exist_ok=True)
        archive = directory.with_name("model.tar.gz")
        with _as_failure(f"Failed to download model data {uri}"):
            self._download(bucket, key, archive)
        try:
            with tarfile.open(archive) as packed:
                # Python 3.11 has the filter from 3.11.4 on; set this way, an older one does without
                # it.
                kept = getattr(tarfile, "data_filter", None)
                packed.extraction_filter = kept  # type: ignore[assignment]
                packed.extractall(directory)
        except tarfile.TarError as error:
            raise JobFailure(f"ClientError: {uri} is no tar.gz archive: {error}") from error
        finally:
            archive.unlink()

    def upload_archive(self, directory: Path, uri: str, kms_key: str | None) -> None:
        """Pack a directory's content and upload it as one object."""
        archive = directory.with_name(f"{directory.name}.upload.tar.gz")
        with tarfile.open(archive, "w:gz", compresslevel=6) as packed:
            packed.add(directory, arcname=".")
        self.upload_file(archive, uri, kms_key)
        archive.unlink()

    def upload_file(self, path: Path, uri: str, kms_key: str | None = None) -> None:
        """One file to one object, encrypted with `kms_key` when given."""
        bucket, key = split_uri(uri)
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        with _as_failure(f"Failed to upload to {uri}"):
            self._s3.upload_file(str(path), bucket, key, ExtraArgs=extra)

    def upload_directory(self, directory: Path, uri: str, kms_key: str | None = None) -> None:
        """Every file below a directory, under a prefix."""
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                self.upload_file(
                    path, f"{uri.rstrip('/')}/{path.relative_to(directory).as_posix()}", kms_key
                )

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        ):
            yield from (
                item["Key"] for item in page.get("Contents", []) if not item["Key"].endswith("/")
            )

    def _download(self, bucket: str, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._s3.download_file(bucket, key, str(path))


@contextmanager
def _as_failure(doing: str) -> Iterator[None]:
    """Turns S3's refusals into a job's failure reason, keeping S3's text."""
    try:
        yield
    except (ClientError, Boto3Error) as error:
        raise JobFailure(f"ClientError: {doing}: {error}") from error


def _relative(key: str, prefix: str) -> str:
    """The file name of an object below a channel: what follows the prefix, or its last part."""
    if key == prefix:
        return key.rpartition("/")[2]
    if prefix.endswith("/") or not prefix:
        return key[len(prefix) :]
    rest = key[len(prefix) :]
    return rest[1:] if rest.startswith("/") else key[len(prefix.rpartition("/")[0]) :].lstrip("/")
