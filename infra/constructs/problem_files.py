"""The folder ``feature_repo`` as a job's input."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra import permissions as may
from infra.constructs.job import channel
from infra.settings import ROOT


class ProblemFiles(Construct):
    """``uri``: the zip in S3; ``channel``: it as a processing input; ``may``: what a job's role
    needs to fetch it.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        asset = assets.Asset(
            self, "Asset", path=str(ROOT / "feature_repo"), exclude=["__pycache__", "*.pyc"]
        )
        self.uri = asset.s3_object_url
        self.channel = channel("problem", self.uri)
        self.may: list[iam.PolicyStatement] = [
            may.Statement(
                actions=["s3:GetObject"],
                resources=[asset.bucket.arn_for_objects(asset.s3_object_key)],
            ),
            may.list_objects(asset.bucket, asset.s3_object_key),
        ]
