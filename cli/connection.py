"""One deployment as the command line sees it: AWS clients, the names that the stacks published, the
API and its tokens.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ghosteam.serving.scopes import ADMIN, client_parameter, whole
from local import supervisor

ROOT = Path(__file__).resolve().parent.parent


class NotReachable(RuntimeError):
    """The account or the deployment does not answer; the text says what to do."""


@dataclass
class Connection:
    """``variables``: what points AWS clients at the account; empty for the machine's own AWS
    configuration.
    """

    environment: str
    variables: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def child_environment(self) -> dict[str, str]:
        """Environment for a child process that talks to the account."""
        base = {
            k: v for k, v in os.environ.items() if not (self.variables and k.startswith("AWS_"))
        }
        return {**base, **self.variables}

    def client(self, service: str) -> Any:
        """A boto3 client."""
        if service not in self._clients:
            given = self.variables
            session = boto3.session.Session(
                aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
                aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
                region_name=given.get("AWS_DEFAULT_REGION"),
            )
            config = Config(retries={"mode": "standard", "max_attempts": 5})
            endpoint = given.get("AWS_ENDPOINT_URL")
            self._clients[service] = session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=endpoint,
                config=config,
            )
        return self._clients[service]

    @cached_property
    def names(self) -> dict[str, str]:
        """What the stacks published below ``/ghosteam-<environment>/``: buckets, tables,
        addresses.
        """
        path = f"/ghosteam-{self.environment}/"
        try:
            pages = (
                self.client("ssm")
                .get_paginator("get_parameters_by_path")
                .paginate(Path=path, Recursive=True)
            )
            found = {
                p["Name"].removeprefix(path): p["Value"]
                for page in pages
                for p in page["Parameters"]
            }
        except (ClientError, BotoCoreError) as error:
            raise NotReachable(f"The account does not answer: {error}") from error
        if not found:
            raise NotReachable(
                f"Nothing is deployed as {self.environment!r}. Run: ./ghosteam deploy "
                f"--environment {self.environment}"
            )
        return found

    def api(self, scope: str = ADMIN) -> ApiClient:
        """The HTTPS API with tokens of a scope: ``predict:<problem>``, ``write:<problem>`` or
        ``admin``.
        """
        return ApiClient(self, scope)

    def page(self, path: str) -> str:
        """Address of an API page that any program on this machine can open."""
        return (self.variables.get("GHOSTEAM_API_URL") or self.names["api_url"]) + path


class ApiClient:
    """Asks the API with a bearer token got by client credentials, renewed before it ends."""

    def __init__(self, connection: Connection, scope: str = ADMIN) -> None:
        self._connection = connection
        self._scope = scope
        self._http = httpx.Client(timeout=30)
        self._token = ""
        self._good_until = 0.0

    def token(self) -> str:
        """A valid access token."""
        if time.monotonic() > self._good_until:
            names, pools = self._connection.names, self._connection.client("cognito-idp")
            id = names.get(client_parameter(self._scope))
            if id is None:
                known = sorted(
                    n.removeprefix("clients/").replace("/", ":")
                    for n in names
                    if n.startswith("clients/")
                )
                raise NotReachable(
                    f"There is no scope {self._scope!r}; there are: {', '.join(known)}"
                )
            described = pools.describe_user_pool_client(
                UserPoolId=names["user_pool_id"], ClientId=id
            )["UserPoolClient"]
            answer = self._send(
                "POST",
                names["token_url"],
                data={"grant_type": "client_credentials", "scope": whole(self._scope)},
                auth=(id, described["ClientSecret"]),
            )
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
            self._good_until = time.monotonic() + answer.json()["expires_in"] - 60
        return self._token

    def request(
        self, method: str, path: str, *, json: Any = None, authorized: bool = True
    ) -> httpx.Response:
        """One call below the API's address."""
        headers = {"authorization": f"Bearer {self.token()}"} if authorized else {}
        return self._send(
            method, self._connection.names["api_url"] + path, json=json, headers=headers
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _send(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        """Send to the address itself, or, where an endpoint is set, there under the address's host
        name.
        """
        endpoint = self._connection.variables.get("AWS_ENDPOINT_URL")
        if endpoint:
            parts = urlsplit(url)
            arguments["headers"] = {**arguments.get("headers", {}), "host": parts.netloc}
            url = endpoint + parts.path
        return self._http.request(method, url, **arguments)


def connect(environment: str, state_dir: Path | None = None) -> Connection:
    """A connection to the embedded account (environment ``local``) or to AWS with the machine's own
    credentials.
    """
    if environment != "local":
        return Connection(environment)
    account = supervisor.describe((state_dir or supervisor.default_state_dir()).resolve())
    if account is None or not account.is_running:
        raise NotReachable(
            "The embedded account is not running. Start it with: ./ghosteam local up"
        )
    return Connection(environment, dict(account.environment))
