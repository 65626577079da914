"""Who may ask for what: the scopes of problems, and a client for each scope, so that whoever holds
a secret can do what that scope says and no more.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ghosteam.errors import InvalidInput
from ghosteam.serving.scopes import PURPOSES, Purpose, client_parameter, scope_of, server_of, whole
from infra.settings import EnvironmentSettings

_MAY: dict[Purpose, str] = {
    "predict": "Ask for predictions of",
    "write": "Send events and outcomes of",
}
_MOST_SCOPES = 100
"""Of a resource server. Source: Amazon Cognito developer guide, "Quotas"."""


def by_server(problems: Collection[str]) -> dict[str, list[str]]:
    """Problems by the resource server of their scopes."""
    found: dict[str, list[str]] = {}
    for problem in sorted(problems):
        found.setdefault(server_of(problem), []).append(problem)
    return dict(sorted(found.items()))


def too_many(problems: Collection[str]) -> InvalidInput | None:
    """Why there are more problems than one user pool has room for; None: there are not."""
    room = _MOST_SCOPES // len(PURPOSES)
    for server, members in by_server(problems).items():
        if len(members) > room:
            return InvalidInput(
                f"There are {len(problems)} problems, and {len(members)} of them share the "
                f"resource server {server}, which has room for {room}",
                where={"file": "feature_repo"},
                remedy="Deploy some of them as another environment, from a clone of their own",
            )
    return None


def pool_of(scope: Construct, settings: EnvironmentSettings) -> str:
    """The user pool's id, as the stack of the API published it."""
    return ssm.StringParameter.value_for_string_parameter(scope, f"/{settings.prefix}/user_pool_id")


class ClientSettings(TypedDict):
    """What all clients have in common but for their scopes."""

    user_pool_client_name: str
    generate_secret: bool
    access_token_validity: Duration


def client_of(settings: EnvironmentSettings, scope: str) -> ClientSettings:
    """Those of the client with this scope."""
    return {
        "user_pool_client_name": f"{settings.prefix}-{scope.replace(':', '-')}",
        "generate_secret": True,
        "access_token_validity": Duration.hours(1),
    }


class ResourceServers(Construct):
    """The scopes of all problems."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        problems: Collection[str],
    ) -> None:
        super().__init__(scope, id)
        pool = cognito.UserPool.from_user_pool_id(self, "Users", pool_of(self, settings))
        for server, members in by_server(problems).items():
            pool.add_resource_server(
                server,
                identifier=server,
                scopes=[
                    cognito.ResourceServerScope(
                        scope_name=scope_of(purpose, problem),
                        scope_description=f"{_MAY[purpose]} {problem}",
                    )
                    for problem in members
                    for purpose in PURPOSES
                ],
            )


class Clients(Construct):
    """A client for each scope of the ``problem``; its id is in an SSM parameter. The scopes must be
    there.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, problem: str
    ) -> None:
        super().__init__(scope, id)
        pool = cognito.UserPool.from_user_pool_id(self, "Users", pool_of(self, settings))
        for purpose in PURPOSES:
            name = scope_of(purpose, problem)
            client = pool.add_client(
                purpose,
                **client_of(settings, name),
                o_auth=cognito.OAuthSettings(
                    flows=cognito.OAuthFlows(client_credentials=True),
                    scopes=[cognito.OAuthScope.custom(whole(name))],
                ),
            )
            ssm.StringParameter(
                self,
                f"{purpose}-id",
                parameter_name=f"/{settings.prefix}/{client_parameter(name)}",
                string_value=client.user_pool_client_id,
            )
