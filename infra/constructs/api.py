"""The HTTPS API: an HTTP API whose routes under ``/v1`` need a token of the user pool."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ghosteam.runtime.settings import AuthorizeSettings
from ghosteam.serving.paths import ACTIONS, DESCRIPTION, DOCS, DOCS_FILES, OTHER_METHODS
from ghosteam.serving.scopes import ADMIN, SERVER, client_parameter
from infra.constructs.clients import client_of
from infra.constructs.functions import Functions
from infra.constructs.log_group import log_group
from infra.constructs.python_function import PythonFunction
from infra.settings import EnvironmentSettings

_ANSWER_HOLDS = Duration.minutes(1)
"""A token that has ended is taken for so long at most."""


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    """Access log to a log group, one JSON object a request (the format that CDK gives by
    default).
    """

    def __init__(self, group: logs.ILogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> None:
        return None


class Api(Construct):
    """Puts the address, the token address, the client that may do everything and the pool into SSM
    parameters, for the command line and for users. It knows no problem: their clients stand in
    their own stacks (:mod:`infra.constructs.clients`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        key: kms.IKey,
        predict: PythonFunction,
        accept_events: PythonFunction,
        accept_labels: PythonFunction,
        functions: Functions,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        pool = cognito.UserPool(
            self,
            "Users",
            user_pool_name=settings.prefix,
            self_sign_up_enabled=False,
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
            ),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            removal_policy=RemovalPolicy.RETAIN if settings.keep_data else RemovalPolicy.DESTROY,
        )
        all_problems = cognito.ResourceServerScope(
            scope_name=ADMIN, scope_description="Everything, of every problem"
        )
        server = pool.add_resource_server("Server", identifier=SERVER, scopes=[all_problems])
        admin = pool.add_client(
            ADMIN,
            **client_of(settings, ADMIN),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[cognito.OAuthScope.resource_server(server, all_problems)],
            ),
        )
        domain = pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"{settings.prefix}-{stack.account}"
            ),
        )
        issuer = f"https://cognito-idp.{stack.region}.{stack.url_suffix}/{pool.user_pool_id}"
        authorize = functions.make(
            "authorize_caller",
            AuthorizeSettings,
            [],
            token_issuer=issuer,
            user_pool_id=pool.user_pool_id,
        )
        # An authorizer of the gateway's own would have to name every client, and takes 50.
        callers = authorizers.HttpLambdaAuthorizer(
            "Callers",
            authorize.target,
            response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
            results_cache_ttl=_ANSWER_HOLDS,
        )
        api = apigateway.HttpApi(
            self,
            "Http",
            api_name=settings.prefix,
            create_default_stage=False,
            cors_preflight=_cors(settings.cors_origins),
        )
        answer = integrations.HttpLambdaIntegration("Predict", predict.target)
        answers = {
            "events": integrations.HttpLambdaIntegration("Events", accept_events.target),
            "labels": integrations.HttpLambdaIntegration("Labels", accept_labels.target),
        }
        for what, method in ACTIONS.items():
            others = {*OTHER_METHODS, *ACTIONS.values()} - {method}
            # By another method it is answered what the method would be: 405.
            for methods, integration in (
                ([method], answers.get(what, answer)),
                (sorted(others), answer),
            ):
                api.add_routes(
                    path=f"/v1/{{problem}}/{what}",
                    methods=[apigateway.HttpMethod[name] for name in methods],
                    integration=integration,
                    authorizer=callers,
                )
        for path in (
            () if not settings.public_docs else (DOCS, f"{DOCS_FILES}/{{file}}", DESCRIPTION)
        ):
            api.add_routes(path=path, methods=[apigateway.HttpMethod.GET], integration=answer)
        access_log = log_group(
            self, "AccessLog", f"/aws/vendedlogs/{settings.prefix}-api", settings=settings, key=key
        )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=500, burst_limit=1000),
            access_log_settings=_AccessLog(access_log),
        )
        url = f"https://{api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"
        token_url = (
            f"https://{domain.domain_name}.auth.{stack.region}.amazoncognito.com/oauth2/token"
        )
        for name, value in {
            "api_url": url,
            "token_url": token_url,
            "user_pool_id": pool.user_pool_id,
            client_parameter(ADMIN): admin.user_pool_client_id,
        }.items():
            ssm.StringParameter(
                self, name, parameter_name=f"/{settings.prefix}/{name}", string_value=value
            )
        CfnOutput(stack, "ApiUrl", value=url)
        self.stage = stage
        self.http = api


def _cors(origins: Sequence[str]) -> apigateway.CorsPreflightOptions | None:
    """What browsers are told of pages of these origins; None where there are none."""
    if not origins:
        return None
    return apigateway.CorsPreflightOptions(
        allow_origins=list(origins),
        allow_methods=[apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
        allow_headers=["authorization", "content-type", "content-encoding"],
        expose_headers=["x-request-id"],
        max_age=Duration.hours(1),
    )
