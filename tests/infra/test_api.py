"""The HTTP API: everything under /v1 needs a token with the right scope, and all requests are
logged and limited.
"""

from __future__ import annotations

from ghosteam.serving.paths import ACTIONS
from ghosteam.serving.scopes import ADMIN, PURPOSES, scope_of, whole
from tests.infra.templates import Synthesized, logical_id, text

PROBLEMS = ("flights", "glucose", "seattle")


def test_every_route_under_v1_needs_a_token_of_the_pool(environment: Synthesized) -> None:
    (authorizer,) = environment.of("AWS::ApiGatewayV2::Authorizer")
    routes = [
        r for r in environment.of("AWS::ApiGatewayV2::Route") if " /v1/" in r.properties["RouteKey"]
    ]
    methods = ("DELETE", "GET", "PATCH", "POST", "PUT")
    assert {r.properties["RouteKey"] for r in routes} == {
        f"{method} /v1/{{problem}}/{action}" for method in methods for action in ACTIONS
    }
    for route in routes:
        assert route.properties["AuthorizationType"] == "CUSTOM", route
        assert logical_id(route.properties["AuthorizerId"]) == authorizer.id, route


def test_another_method_is_answered_by_the_function_that_says_which_it_would_be(
    environment: Synthesized,
) -> None:
    answered: dict[str, set[str]] = {}
    for route in environment.of("AWS::ApiGatewayV2::Route"):
        method, path = route.properties["RouteKey"].split(" ")
        if path.startswith("/v1/"):
            integration = text(route.properties["Target"])
            answered.setdefault(integration, set()).add(f"{method} {path.rsplit('/', 1)[1]}")
    alone = [one for one in answered.values() if len(one) == 1]
    assert sorted(alone, key=str) == [{"POST events"}, {"POST labels"}]
    [rest] = [one for one in answered.values() if len(one) > 1]
    assert {"POST predict", "GET predict", "GET events", "DELETE labels", "POST model"} <= rest


def test_the_authorizer_asks_the_function_that_knows_the_pool(environment: Synthesized) -> None:
    (authorizer,) = environment.of("AWS::ApiGatewayV2::Authorizer")
    (pool,) = environment.of("AWS::Cognito::UserPool")
    (function,) = [
        f
        for f in environment.of("AWS::Lambda::Function")
        if str(f.properties.get("FunctionName", "")).endswith("-authorize-caller")
    ]
    told = authorizer.properties
    assert told["AuthorizerType"] == "REQUEST" and told["EnableSimpleResponses"] is True
    assert told["IdentitySource"] == ["$request.header.Authorization"]
    assert 0 < told["AuthorizerResultTtlInSeconds"] <= 60
    assert f"<{function.id}.Arn>" in text(told["AuthorizerUri"])
    variables = function.properties["Environment"]["Variables"]
    assert variables["GHOSTEAM_USER_POOL_ID"] == {"Ref": pool.id}
    assert text(variables["GHOSTEAM_TOKEN_ISSUER"]).endswith(f"/<{pool.id}>")


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
    wanted = {
        whole(scope_of(purpose, problem)): f"Problem-{problem}"
        for purpose in PURPOSES
        for problem in PROBLEMS
    }
    found = {}
    for client in environment.of("AWS::Cognito::UserPoolClient"):
        (scope,) = client.properties["AllowedOAuthScopes"]
        told = text(scope)
        found[whole(ADMIN) if told.endswith("/admin") else told] = client.stack
        assert client.properties["AllowedOAuthFlows"] == ["client_credentials"]
    assert found == {**wanted, whole(ADMIN): "Serving"}


def test_each_scope_is_one_of_its_resource_server(environment: Synthesized) -> None:
    served = {
        f"{server.properties['Identifier']}/{scope['ScopeName']}"
        for server in environment.of("AWS::Cognito::UserPoolResourceServer")
        for scope in server.properties["Scopes"]
    }
    problems = {whole(scope_of(purpose, name)) for purpose in PURPOSES for name in PROBLEMS}
    assert served == problems | {whole(ADMIN)}


def test_requests_are_logged_and_limited(environment: Synthesized) -> None:
    (stage,) = environment.of("AWS::ApiGatewayV2::Stage")
    group = environment.named(
        "Serving", logical_id(stage.properties["AccessLogSettings"]["DestinationArn"])
    )
    assert group.kind == "AWS::Logs::LogGroup"
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
