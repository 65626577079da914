"""The job image: a ready one by its URI, or the project's Dockerfile as an asset that only
deploying to AWS builds.
"""

from __future__ import annotations

from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import ROOT

_OUTSIDE_THE_IMAGE = [
    "*",
    "!layers",
    "layers/*",
    "!layers/core",
    "!training_jobs",
    "**/__pycache__",
]


class JobImage(Construct):
    """Attribute ``uri``. ``target`` is a stage of the Dockerfile: ``train``, ``serve`` or
    ``expectations``."""

    def __init__(self, scope: Construct, id: str, *, uri: str | None, target: str) -> None:
        super().__init__(scope, id)
        self._asset = None
        if uri is None:
            self._asset = ecr_assets.DockerImageAsset(
                self,
                "Asset",
                directory=str(ROOT),
                file="training_jobs/Dockerfile",
                target=target,
                exclude=_OUTSIDE_THE_IMAGE,
                platform=ecr_assets.Platform.LINUX_AMD64,
            )
        self.uri = uri or self._asset.image_uri  # type: ignore[union-attr]

    def may_be_pulled_by(self, role: iam.Role) -> None:
        """Let a job's role fetch the image."""
        if self._asset is None:
            return
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchGetImage",
                ],
                resources=[self._asset.repository.repository_arn],
            )
        )
        # This action knows no resources.
        role.add_to_policy(
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
        )
