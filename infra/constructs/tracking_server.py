"""The MLflow tracking server: a managed app of this deployment, or one that exists already."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ghosteam.documents import keys
from infra import permissions as may
from infra.settings import EnvironmentSettings


class TrackingServer(Construct):
    """``uri``: the app's ARN, or the address in the settings; ``may``: what a role needs to call it
    (nothing, for an address).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        artifacts: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id)
        managed = settings.mlflow_uri is None or settings.mlflow_uri.startswith("arn:")
        self.uri = settings.mlflow_uri or self._app(settings, artifacts, key)
        self.may: list[iam.PolicyStatement] = [may.call_mlflow(self.uri)] if managed else []
        ssm.StringParameter(
            self, "Uri", parameter_name=f"/{settings.prefix}/mlflow_uri", string_value=self.uri
        )

    def _app(self, settings: EnvironmentSettings, artifacts: s3.IBucket, key: kms.IKey) -> str:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        for statement in (
            may.read_objects(artifacts, keys.MLFLOW),
            may.write_objects(artifacts, keys.MLFLOW),
            may.list_objects(artifacts, keys.MLFLOW),
            may.use_key(key),
        ):
            role.add_to_policy(statement)
        app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=settings.prefix,
            role_arn=role.role_arn,
            artifact_store_uri=f"s3://{artifacts.bucket_name}/{keys.MLFLOW.rstrip('/')}",
        )
        app.node.add_dependency(role)
        return app.attr_arn
