"""CloudFormation would take every template, in every region that it may go to: by AWS's public
linter.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint import ManualArgs, lint_by_config
from cfnlint.match import Match

from tests.infra.templates import Synthesized

REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2"]
# Warnings, by rule: why they stand.
ACCEPTED = {
    "W3005": "The CDK makes a resource wait for its role's policy, and names the role beside it, "
    "which a reference implies.",
    "W3045": "S3's server access logs are delivered to a bucket by its access control list; the "
    "CDK sets it for a log bucket.",
}


def lint(*templates: Path) -> list[Match]:
    """What the linter finds. Its schemas and rules come with its package: nothing is fetched."""
    return [
        found
        for path in templates
        for found in lint_by_config(ManualArgs(templates=[str(path)], regions=list(REGIONS)))
    ]


def told(found: Match) -> str:
    return (
        f"{found.rule.id} {Path(str(found.filename)).name} "
        f"{'/'.join(map(str, found.path or []))}: {found.message}"
    )


@pytest.fixture(scope="module")
def findings(environment: Synthesized) -> list[Match]:
    return lint(*sorted(environment.folder.glob("*.template.json")))


def test_no_template_has_an_error_or_an_unexplained_warning(findings: list[Match]) -> None:
    assert [told(found) for found in findings if found.rule.id not in ACCEPTED] == []


def test_every_accepted_warning_is_still_found(findings: list[Match]) -> None:
    assert {found.rule.id for found in findings} >= ACCEPTED.keys()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"VersioningConfigurationn": {"Status": "Enabled"}}, "E3002"),
        ({"VersioningConfiguration": {"Status": "On"}}, "E3030"),
        ({"BucketName": {"Ref": "Nowhere"}}, "E1020"),
    ],
)
def test_what_cloudformation_would_refuse_is_found(
    tmp_path: Path, change: dict[str, object], rule: str
) -> None:
    template = tmp_path / "broken.template.json"
    template.write_text(
        json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": change}}})
    )
    assert rule in {found.rule.id for found in lint(template)}
