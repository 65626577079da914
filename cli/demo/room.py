"""The demo needs an account of its own: which running one it may end, and how it knows its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cli.connection import Connection, NotReachable, connect
from local import supervisor

_MARK = "demo"


def held_by_others(
    *problems: str, look: Callable[[], Connection] = lambda: connect("local")
) -> str | None:
    """What the running account holds that is not the demo's, in words; None when it may be ended.

    An account in which nothing is deployed, or which an earlier demo started and nobody put files
    of others than the demo's ``problems`` into, may be ended.
    """
    account = supervisor.describe(supervisor.default_state_dir())
    if account is None or not account.is_running:
        return None
    connection = look()
    try:
        landing = connection.names["landing_bucket"]
    except NotReachable:
        return None
    if not _mark(account).exists():
        return f"a deployment of your own at {account.endpoint}"
    answer = connection.client("s3").list_objects_v2(Bucket=landing, Delimiter="/")
    others = sorted(
        {found["Prefix"].rstrip("/") for found in answer.get("CommonPrefixes", [])} - {*problems}
    )
    return f"files of {', '.join(others)} at {account.endpoint}" if others else None


def mark_as_demo(account: supervisor.Account) -> None:
    """So that the next demo may end it."""
    _mark(account).touch()


def _mark(account: supervisor.Account) -> Path:
    return Path(account.state_dir) / "run" / _MARK
