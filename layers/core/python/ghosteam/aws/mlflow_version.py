"""Does MLflow's client suit the server that it talks to? Asked whenever a connection begins.

MLflow's servers serve clients of their own major version that are not newer than they are; a newer
client may call what an older server does not know. A mismatch stops nothing: MLflow records and
never decides. It is said where people read: in the log, and on record with the run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SECONDS = 5
_NUMBERS = re.compile(r"(\d+)\.(\d+)")


def mismatch(client: str, server: str) -> str | None:
    """What is wrong with a client of one version and a server of another, or None: they suit."""
    ours, theirs = _NUMBERS.match(client), _NUMBERS.match(server)
    if ours is None or theirs is None:
        return None
    (our_major, our_minor), (major, minor) = _pair(ours), _pair(theirs)
    if our_major == major and our_minor <= minor:
        return None
    return (
        f"MLflow's client {client} does not suit the server's version {server}. Upgrade the server "
        f"to {our_major}.{our_minor} or newer of {our_major}.x, or pin mlflow and mlflow-skinny to "
        f"{server}"
    )


def server_version(client: MlflowClient) -> str | None:
    """The version that the server of an ``MlflowClient`` gives, or None where it gives none (a
    file or a database is no server; a managed one may not answer this question).
    """
    from mlflow.utils.rest_utils import http_request

    credentials = getattr(client._tracking_client.store, "get_host_creds", None)
    if credentials is None:
        return None
    answer = http_request(
        credentials(), "/version", "GET", timeout=_SECONDS, max_retries=0, retry_timeout_seconds=1
    )
    return str(answer.text).strip() if answer.status_code == 200 else None


def client_mismatch(client: MlflowClient) -> str | None:
    """The mismatch of the installed client and its server, if there is one that can be known."""
    import mlflow

    server = server_version(client)
    return None if server is None else mismatch(mlflow.__version__, server)


def _pair(found: re.Match[str]) -> tuple[int, int]:
    return int(found[1]), int(found[2])
