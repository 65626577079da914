"""What outlives the stacks of an environment that keeps its data: buckets, tables, user pools and
the key.

Their names are fixed, so that a later deployment under the same name meets them and CloudFormation
refuses it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from cli.connection import Connection
from infra.settings import EnvironmentSettings

BUCKETS = ("landing", "lake", "artifacts", "access-logs")
KEY_DAYS = 30
"""A key waits for so long before AWS deletes it; until then it can be kept."""

TELL_SECONDS = 5.0
"""How often it is told that a bucket is still being emptied."""

LeftoverKind = Literal["bucket", "table", "user pool"]


class NamesTaken(RuntimeError):
    """An earlier deployment left things whose names the next one needs; the text says which and
    what to do.
    """


class NotEmptied(RuntimeError):
    """A bucket holds what may not be deleted; the text says what and why."""


@dataclass(frozen=True)
class Leftover:
    """``id``: what deletes it; ``name``: what people know it by."""

    kind: LeftoverKind
    id: str
    name: str


def leftovers(connection: Connection, settings: EnvironmentSettings) -> list[Leftover]:
    """What is there of an environment beside its stacks, or without them."""
    return [
        *_buckets(connection, settings),
        *_tables(connection, settings),
        *_user_pools(connection, settings),
    ]


def check_names(connection: Connection, settings: EnvironmentSettings) -> None:
    """Before the first deployment of an environment. Raises NamesTaken when its names are taken by
    what it left earlier.
    """
    if _is_deployed(connection, settings):
        return
    blocking = [
        found for found in leftovers(connection, settings) if found.kind != "user pool"
    ]  # their names are not unique
    if not blocking:
        return
    lines = "\n".join(f"  {found.kind} {found.name}" for found in blocking)
    landing = next(
        (found.name for found in blocking if f"{settings.prefix}-landing-" in found.name),
        "<old landing bucket>",
    )
    raise NamesTaken(
        f"An earlier deployment of {settings.name!r} kept its data, and the names are "
        f"taken:\n{lines}\n"
        "To begin anew, delete them with all they hold:\n"
        f"  ./ghosteam destroy --environment {settings.name} --with-data\n"
        "To go on with these data, add an environment of another name to infra/settings.py, deploy "
        "that, and let it learn from "
        "the files that the old one was given:\n"
        f"  aws s3 sync s3://{landing} s3://<new landing bucket>"
    )


def delete_leftovers(
    connection: Connection, settings: EnvironmentSettings, progress: Callable[[str], None]
) -> None:
    """Delete what outlived the stacks, with all it holds; the key waits for 30 days. Repeating it
    is harmless.
    """
    keys = set()
    for found in leftovers(connection, settings):
        progress(f"deleting the {found.kind} {found.name}")
        match found.kind:
            case "bucket":
                keys |= _keys_of(connection, found.id)
                empty_bucket(connection, found.id, progress)
                connection.client("s3").delete_bucket(Bucket=found.id)
            case "table":
                _delete_table(connection, found.id)
            case "user pool":
                connection.client("cognito-idp").delete_user_pool(UserPoolId=found.id)
    for key in sorted(keys):
        progress(
            f"the key {key} will be deleted in {KEY_DAYS} days; until then: aws kms "
            f"cancel-key-deletion --key-id {key}"
        )
        connection.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_DAYS)


def buckets_of(connection: Connection, settings: EnvironmentSettings) -> list[str]:
    """The buckets of an environment. Those of ``dev-lake`` begin like the lake of ``dev``, and are
    not its.
    """
    own = re.compile(
        rf"{re.escape(settings.prefix)}-({'|'.join(BUCKETS)})-\d{{12}}-[a-z]{{2}}(-[a-z]+)+-\d"
    )
    names = (bucket["Name"] for bucket in connection.client("s3").list_buckets()["Buckets"])
    return [name for name in names if own.fullmatch(name)]


def empty_bucket(
    connection: Connection,
    name: str,
    progress: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Delete every version of every object, and tell now and then how many are gone.

    Raises NotEmptied when one cannot be deleted, as under a lock or a legal hold.
    """
    objects = connection.client("s3")
    gone, told = 0, clock()
    while True:
        page = objects.list_object_versions(Bucket=name)  # what it listed before is gone
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            return
        doomed = [
            {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
        ]
        answer = objects.delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
        if kept := answer.get("Errors"):
            raise NotEmptied(
                f"{len(kept)} objects of {name} cannot be deleted, such as {kept[0].get('Key')}: "
                f"{kept[0].get('Code')} {kept[0].get('Message')}. Allow it, and run the command "
                "again"
            )
        gone += len(doomed)
        if clock() - told >= TELL_SECONDS:
            told = clock()
            progress(f"  {name}: {gone:,} versions of objects deleted so far")


def _buckets(connection: Connection, settings: EnvironmentSettings) -> Iterator[Leftover]:
    return (Leftover("bucket", name, name) for name in buckets_of(connection, settings))


def _tables(connection: Connection, settings: EnvironmentSettings) -> Iterator[Leftover]:
    for page in connection.client("dynamodb").get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if name == f"{settings.prefix}-state" or name.startswith(f"{settings.online_prefix}_"):
                yield Leftover("table", name, name)


def _user_pools(connection: Connection, settings: EnvironmentSettings) -> Iterator[Leftover]:
    for page in (
        connection.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    ):
        for pool in page["UserPools"]:
            if pool["Name"] == settings.prefix:
                yield Leftover("user pool", pool["Id"], pool["Name"])


def _is_deployed(connection: Connection, settings: EnvironmentSettings) -> bool:
    try:
        connection.client("cloudformation").describe_stacks(
            StackName=f"Ghosteam-{settings.name}-Foundation"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise
    return True


def _keys_of(connection: Connection, bucket: str) -> set[str]:
    try:
        found: dict[str, Any] = connection.client("s3").get_bucket_encryption(Bucket=bucket)
    except ClientError:
        return set()
    rules = found["ServerSideEncryptionConfiguration"]["Rules"]
    defaults = (rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules)
    return {default["KMSMasterKeyID"] for default in defaults if "KMSMasterKeyID" in default}


def _delete_table(connection: Connection, name: str) -> None:
    tables = connection.client("dynamodb")
    if tables.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
        tables.update_table(TableName=name, DeletionProtectionEnabled=False)
    tables.delete_table(TableName=name)
