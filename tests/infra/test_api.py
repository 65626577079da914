"""The HTTP API: everything under /v1 needs a token with the right scope, and all requests are
logged and limited.
"""

from __future__ import annotations

import pytest

from ghosteam.serving.scopes import PURPOSES, Purpose, scope_of
from tests.infra.templates import Synthesized, logical_id, text

PROBLEMS = ("flights", "glucose", "seattle")


def test_every_route_under_v1_needs_a_token_of_the_pool(environment: Synthesized) -> None:
    authorizers = {
        a.id: text(a.properties["Name"]) for a in environment.of("AWS::ApiGatewayV2::Authorizer")
    }
    routes = [
        r for r in environment.of("AWS::ApiGatewayV2::Route") if " /v1/" in r.properties["RouteKey"]
    ]
    assert {
        r.properties["RouteKey"]: authorizers[logical_id(r.properties["AuthorizerId"])]
        for r in routes
    } == {
        "GET /v1/{problem}/model": "Predict",
        "POST /v1/{problem}/events": "Write",
        "POST /v1/{problem}/labels": "Write",
        "POST /v1/{problem}/predict": "Predict",
    }
    assert {r.properties["AuthorizationType"] for r in routes} == {"JWT"}


def test_only_the_description_of_the_api_is_open_and_only_where_the_settings_say_so(
    environment: Synthesized,
) -> None:
    routes = environment.of("AWS::ApiGatewayV2::Route")
    opened = {
        r.properties["RouteKey"]
        for r in routes
        if r.properties.get("AuthorizationType", "NONE") == "NONE"
    }
    described = {"GET /docs", "GET /docs-files/{file}", "GET /openapi.json"}
    assert opened == (described if environment.settings.public_docs else set())
    assert environment.settings.public_docs == (environment.settings.name != "prod")


def test_each_scope_has_a_client_of_its_own(environment: Synthesized) -> None:
    wanted = [scope_of(purpose, problem) for purpose in PURPOSES for problem in PROBLEMS]
    assert sorted(_scopes(environment).values()) == sorted(["admin", *wanted])
    assert len(wanted) == 2 * 3
    for client in environment.of("AWS::Cognito::UserPoolClient"):
        assert client.properties["AllowedOAuthFlows"] == ["client_credentials"]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_must_come_from_our_pool_for_a_client_of_the_routes_purpose(
    environment: Synthesized, purpose: Purpose
) -> None:
    [authorizer] = [
        a
        for a in environment.of("AWS::ApiGatewayV2::Authorizer")
        if a.properties["Name"] == purpose.capitalize()
    ]
    (pool,) = environment.of("AWS::Cognito::UserPool")
    token = authorizer.properties["JwtConfiguration"]
    scopes = _scopes(environment)
    assert sorted(scopes[logical_id(audience)] for audience in token["Audience"]) == [
        "admin",
        *(scope_of(purpose, problem) for problem in sorted(PROBLEMS)),
    ]
    assert text(token["Issuer"]).endswith(f"/<{pool.id}>")


def _scopes(environment: Synthesized) -> dict[str, str]:
    clients = {
        c.id: c.properties["AllowedOAuthScopes"]
        for c in environment.of("AWS::Cognito::UserPoolClient")
    }
    return {id: text(one).rpartition("/")[2] for id, [one] in clients.items()}


def test_requests_are_logged_and_limited(environment: Synthesized) -> None:
    (stage,) = environment.of("AWS::ApiGatewayV2::Stage")
    group = environment.named(
        "Serving", logical_id(stage.properties["AccessLogSettings"]["DestinationArn"])
    )
    assert group.kind == "AWS::Logs::LogGroup"
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
