"""The HTTP API: everything under /v1 needs a token with the right scope, and all requests are logged and limited."""

from __future__ import annotations

from infra.constructs.api import SCOPE
from tests.infra.templates import Synthesized, logical_id, text


def test_every_route_under_v1_needs_a_token_of_the_pool_with_the_scope(environment: Synthesized) -> None:
    (authorizer,) = environment.of("AWS::ApiGatewayV2::Authorizer")
    routes = [r for r in environment.of("AWS::ApiGatewayV2::Route") if " /v1/" in r.properties["RouteKey"]]
    assert sorted(r.properties["RouteKey"] for r in routes) == [
        "GET /v1/{problem}/model",
        "POST /v1/{problem}/events",
        "POST /v1/{problem}/predict",
    ]
    for route in routes:
        assert route.properties["AuthorizationType"] == "JWT", route
        assert route.properties["AuthorizationScopes"] == [f"ghosteam/{SCOPE}"], route
        assert logical_id(route.properties["AuthorizerId"]) == authorizer.id, route


def test_only_the_description_of_the_api_is_open(environment: Synthesized) -> None:
    routes = environment.of("AWS::ApiGatewayV2::Route")
    opened = {r.properties["RouteKey"] for r in routes if r.properties.get("AuthorizationType", "NONE") == "NONE"}
    assert opened == {"GET /docs", "GET /docs-files/{file}", "GET /openapi.json"}


def test_a_token_must_come_from_our_pool_for_our_client(environment: Synthesized) -> None:
    (authorizer,) = environment.of("AWS::ApiGatewayV2::Authorizer")
    (pool,) = environment.of("AWS::Cognito::UserPool")
    (client,) = environment.of("AWS::Cognito::UserPoolClient")
    token = authorizer.properties["JwtConfiguration"]
    assert [logical_id(audience) for audience in token["Audience"]] == [client.id]
    assert text(token["Issuer"]).endswith(f"/<{pool.id}>")
    assert client.properties["AllowedOAuthFlows"] == ["client_credentials"]


def test_requests_are_logged_and_limited(environment: Synthesized) -> None:
    (stage,) = environment.of("AWS::ApiGatewayV2::Stage")
    group = environment.named("Serving", logical_id(stage.properties["AccessLogSettings"]["DestinationArn"]))
    assert group.kind == "AWS::Logs::LogGroup"
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
