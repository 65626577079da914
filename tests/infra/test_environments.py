"""Environments are data: the same stacks everywhere, and what differs is what the settings say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.constructs.job_image import JobImage
from infra.settings import ENVIRONMENTS, DataClass, environment_settings
from tests.infra.templates import Synthesized, logical_id, synthesize

HOLDING_DATA = (
    "AWS::S3::Bucket",
    "AWS::DynamoDB::GlobalTable",
    "AWS::KMS::Key",
    "AWS::Cognito::UserPool",
)
SHARED = {"Foundation", "Work", "Data", "Features", "Training", "Serving", "Monitoring", "Problems"}
STACKS = SHARED | {f"Problem-{name}" for name in ("flights", "glucose", "seattle")}
# What the settings of dev and prod say differently.
BY_SETTINGS = {
    "Rules",
    "RetentionInDays",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "PointInTimeRecoveryEnabled",
    "InForce",  # the overrides of an environment belong to its definitions
}
# The API's documentation pages, which only dev has.
OF_DOCUMENTATION = ("ApiHttpGETdocsfilesfile", "ApiHttpGETdocs", "ApiHttpGETopenapijson")


def without_name(synthesized: Synthesized) -> dict[str, Any]:
    """The templates with the environment's name taken out of them, and the hashes that the CDK
    makes of it and of versions.
    """
    name = synthesized.settings.name
    plain = re.sub(rf"(?<![A-Za-z]){name}(?![A-Za-z])", "ENV", json.dumps(synthesized.templates))
    # Ids that CDK makes up for a subscription hold the other stack's name and a digest of it.
    plain = re.sub(rf"Ghosteam{name}(\w+?)[0-9A-F]{{16}}", r"GhosteamENV\1", plain)
    plain = re.sub(
        rf"Ghosteam{name}(\w+?)[0-9A-F]{{8}}Permission[0-9A-F]{{8}}",
        r"GhosteamENV\1Permission",
        plain,
    )
    plain = re.sub(
        rf"SsmParameterValueghosteam{name}(\w+?)[0-9A-F]+Parameter", r"SsmParameter\1", plain
    )
    # Nested templates are named by their content, which is compared by itself.
    plain = re.sub(r"/[0-9a-f]{64}\.json", "/NESTED.json", plain)
    plain = re.sub(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}", r"\1", plain)
    return dict(
        json.loads(re.sub(rf"(AllowEventRuleGhosteam){name}(\w+)[0-9A-F]{{8}}", r"\1\2", plain))
    )


def differences(left: Any, right: Any, field: str = "") -> Iterator[str]:
    """The innermost field of everything that differs."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            yield from differences(left.get(key), right.get(key), key)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for a, b in zip(left, right, strict=True):
            yield from differences(a, b, field)
    elif left != right:
        yield field


def test_each_environment_has_all_stacks(environment: Synthesized) -> None:
    assert environment.templates.keys() == STACKS


def test_no_stack_waits_for_itself(environment: Synthesized) -> None:
    for template in environment.templates.values():
        Template.from_json(template)  # raises for a circular dependency


def test_dev_and_prod_differ_only_by_their_settings(dev: Synthesized, prod: Synthesized) -> None:
    found = set(differences(without_name(dev), without_name(prod)))
    documentation = {name for name in found if name.startswith(OF_DOCUMENTATION)}
    assert len(documentation) == 2 * len(OF_DOCUMENTATION)  # each with its permission
    assert found - documentation == BY_SETTINGS


def test_the_embedded_account_gets_the_resources_that_aws_gets(
    local: Synthesized, dev: Synthesized
) -> None:
    def resources(synthesized: Synthesized) -> set[tuple[str, str, str]]:
        templates = without_name(synthesized)
        return {
            (stack, id, r["Type"])
            for stack, template in templates.items()
            for id, r in template["Resources"].items()
        }

    assert resources(local) == resources(dev)


def test_production_keeps_its_data_and_can_turn_it_back(prod: Synthesized) -> None:
    for resource in prod.of(*HOLDING_DATA):
        assert (resource.body["DeletionPolicy"], resource.body["UpdateReplacePolicy"]) == (
            "Retain",
            "Retain",
        ), resource
    for table in prod.of("AWS::DynamoDB::GlobalTable"):
        for replica in table.properties["Replicas"]:
            assert replica["PointInTimeRecoverySpecification"] == {
                "PointInTimeRecoveryEnabled": True
            }, table


def test_other_environments_leave_nothing_behind(dev: Synthesized) -> None:
    assert {resource.body["DeletionPolicy"] for resource in dev.of(*HOLDING_DATA)} == {"Delete"}


def test_no_stack_exports_what_gets_replaced(environment: Synthesized) -> None:
    """A layer version or a function that another stack imports can never be replaced again."""
    exported = set()
    for stack, template in environment.templates.items():
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                exported.add(environment.named(stack, logical_id(output["Value"])).kind)
    assert exported <= {
        *HOLDING_DATA,
        "AWS::Events::EventBus",
        "AWS::SNS::Topic",
        "AWS::SageMaker::MlflowApp",
    }


def test_an_unknown_environment_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="local, dev, prod"):
        environment_settings("production")


def test_the_job_image_is_made_of_the_library_and_the_jobs_alone(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    JobImage(Stack(app, "Stack"), "JobImage", uri=None, target="serve")
    app.synth()
    (context,) = tmp_path.glob("asset.*")
    files = [path.relative_to(context) for path in context.rglob("*") if path.is_file()]
    assert {str(Path(*file.parts[:2])) for file in files if file.parts[0] == "layers"} == {
        "layers/core"
    }
    assert {file.parts[0] for file in files} == {"layers", "training_jobs"}
    assert Path("training_jobs/Dockerfile") in files
    assert not [file for file in files if "__pycache__" in file.parts]


def test_a_ready_image_is_taken_as_it_is_and_needs_no_asset(local: Synthesized) -> None:
    manifest = json.loads((local.folder / "Ghosteam-local-Training.assets.json").read_text())
    assert manifest["dockerImages"] == {}
    assert str(local.settings.job_image) in json.dumps(local.machines())


def test_the_image_that_runs_suites_is_built_where_there_are_some_and_no_ready_one() -> None:
    ready = replace(ENVIRONMENTS["dev"], job_image="repo/jobs:1", serving_image="repo/serve:1")
    assert ready.builds_images(suites=True) and not ready.builds_images(suites=False)
    assert not replace(ready, expectations_image="repo/suites:1").builds_images(suites=True)
    assert ENVIRONMENTS["dev"].builds_images(suites=False)
    assert not ENVIRONMENTS["local"].builds_images(suites=True)


@pytest.fixture(scope="module")
def set_up(local: Synthesized, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """An environment with settings that no other has, of the layers that ``local`` built."""
    settings = replace(
        environment_settings("local"),
        mlflow_uri="https://mlflow.example.com",
        cors_origins=("https://shop.example",),
    )
    return synthesize(settings, tmp_path_factory.mktemp("set-up"))


def test_a_tracking_server_in_the_settings_takes_the_place_of_a_managed_app(
    set_up: Synthesized,
) -> None:
    assert "AWS::SageMaker::MlflowApp" not in {resource.kind for resource in set_up.resources}
    told = [f.properties["Environment"]["Variables"] for f in set_up.of("AWS::Lambda::Function")]
    addresses = {variables.get("GHOSTEAM_MLFLOW_TRACKING_URI") for variables in told} - {None}
    assert addresses == {"https://mlflow.example.com"}
    assert "CallMlflowAppApi" not in json.dumps(set_up.templates)


def test_pages_in_a_browser_may_call_the_api_where_the_settings_say_so(
    set_up: Synthesized, local: Synthesized
) -> None:
    (api,) = set_up.of("AWS::ApiGatewayV2::Api")
    told = api.properties["CorsConfiguration"]
    assert told["AllowOrigins"] == ["https://shop.example"]
    assert told["AllowMethods"] == ["GET", "POST"] and "authorization" in told["AllowHeaders"]
    (api,) = local.of("AWS::ApiGatewayV2::Api")
    assert "CorsConfiguration" not in api.properties


def test_data_are_kept_for_as_long_as_the_settings_say(
    prod: Synthesized, dev: Synthesized, tmp_path: Path
) -> None:
    assert _expiries(dev) == {}
    log = {"predictions", "prediction-calls"} | {
        f"prediction-log-{part}" for part in ("raw", "failed", "damaged")
    }
    assert _expiries(prod) == {f"lake/{name}/": 400 for name in log}
    every = {kind: 10 + number for number, kind in enumerate(get_args(DataClass))}
    found = _expiries(synthesize(replace(ENVIRONMENTS["dev"], keep_days=every), tmp_path))
    assert found["landing/"] == every["landed files"] and found["lake/raw/"] == every["raw"]
    assert set(found.values()) == set(every.values())


def _expiries(environment: Synthesized) -> dict[str, int]:
    """Days by bucket and prefix; the log of accesses, which has no setting, left out."""
    found = {}
    for bucket in environment.of("AWS::S3::Bucket"):
        name = (
            str(bucket.properties["BucketName"]["Fn::Join"][1][0])
            .removeprefix(f"{environment.settings.prefix}-")
            .rstrip("-")
        )
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]:
            if "ExpirationInDays" in rule and name != "access-logs":
                found[f"{name}/{rule.get('Prefix', '')}"] = rule["ExpirationInDays"]
    return found
