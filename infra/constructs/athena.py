"""Where Athena is asked about views, and who may."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.documents import keys
from infra import permissions as may
from infra.constructs.shared import Shared
from infra.settings import EnvironmentSettings

_ENGINE = "Athena engine version 3"
_GIGABYTE = 1_000_000_000


class Athena(Construct):
    """A workgroup, whose settings stand over those of whoever asks, and a policy for roles of
    people and programs that may ask: none has it by itself.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: EnvironmentSettings, shared: Shared
    ) -> None:
        super().__init__(scope, id)
        stack, artifacts = Stack.of(self), shared.artifacts
        configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            bytes_scanned_cutoff_per_query=settings.athena_scan_gb * _GIGABYTE,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                selected_engine_version=_ENGINE
            ),
            publish_cloud_watch_metrics_enabled=False,
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=artifacts.s3_url_for_object(keys.ATHENA),
                expected_bucket_owner=stack.account,
                encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                    encryption_option="SSE_KMS", kms_key=shared.key.key_arn
                ),
            ),
        )
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=settings.prefix,
            description=f"Queries over the views of {settings.name}",
            recursive_delete_option=True,
            work_group_configuration=configuration,
        )
        sources = keys.feast_sources("*")
        iam.ManagedPolicy(
            self,
            "MayAsk",
            managed_policy_name=f"{settings.prefix}-athena",
            description=f"Ask Athena about the views of {settings.name}",
            statements=[
                *may.ask_athena(
                    stack, workgroup=settings.prefix, databases=f"{settings.offline_prefix}_"
                ),
                iam.PolicyStatement(
                    actions=["s3:GetObject"],
                    resources=[artifacts.arn_for_objects(f"{sources}/*")],
                ),
                may.list_objects(artifacts, keys.ATHENA, f"{sources}/"),
                *may.keep_query_results(artifacts, keys.ATHENA),
                may.use_key(shared.key),
            ],
        )
