"""A change in the core layer reaches every function by deploying again; destroying leaves nothing
behind.

These come last: afterwards there is no deployment.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.connection import ROOT
from cli.deployment import destroy
from ghosteam.documents.slot import Slot
from tests.builders import csv_bytes, plane
from tests.flow import slice as sample
from tests.flow.checkout import copy_checkout, deploy_from, plain_cdk
from tests.flow.conftest import moment
from tests.flow.deployment import PREFIX
from tests.flow.world import World

pytestmark = pytest.mark.flow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout, to be changed."""
    return copy_checkout(tmp_path)


def _core_layers(world: World) -> dict[str, str]:
    """ARN of the core layer's version by function."""
    functions = world.client("lambda").get_paginator("list_functions").paginate()
    ours = [
        each
        for page in functions
        for each in page["Functions"]
        if each["FunctionName"].startswith(PREFIX)
    ]
    arns = {
        each["FunctionName"]: [layer["Arn"] for layer in each.get("Layers", [])] for each in ours
    }
    return {
        name: next(arn for arn in layers if f"{PREFIX}-core:" in arn)
        for name, layers in arns.items()
    }


def test_a_change_in_the_core_layer_reaches_every_function(
    world: World, champion: Slot, checkout: Path
) -> None:
    world.rest()
    before = _core_layers(world)
    module = checkout / "layers" / "core" / "python" / "ghosteam" / "steps" / "api_description.py"
    text = module.read_text()
    changed = text.replace('_TITLE = "Ghosteam"', '_TITLE = "Ghosteam, changed"')
    assert changed != text
    module.write_text(changed)

    deploy_from(checkout, world.state_dir)
    after = _core_layers(world)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)
    assert (
        world.api.request("GET", "/openapi.json", authorized=False).json()["info"]["title"]
        == "Ghosteam, changed"
    )
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 3)
    assert (
        world.api.request("POST", "/v1/flights/predict", json={"instances": rows}).status_code
        == 200
    )
    batch = world.settled(world.drop("planes", "after.csv", csv_bytes([plane(tailnum="AFTER")])))
    assert batch.status == "validated"
    world.rest()

    deployed, old = (plain_cdk(world, folder, "diff", "--fail") for folder in (checkout, ROOT))
    assert deployed.returncode == 0, deployed.stdout
    assert "Number of stacks with differences: 0" in deployed.stdout
    assert old.returncode == 1 and "AWS::Lambda::LayerVersion" in old.stdout
    again = plain_cdk(world, checkout, "deploy", "--all", "--require-approval", "never")
    assert again.returncode == 0 and "(no changes)" in again.stdout, again.stdout
    assert _core_layers(world) == after


def test_destroying_takes_the_endpoints_that_workflows_made_too(
    world: World, champion: Slot
) -> None:
    sagemaker = world.client("sagemaker")
    assert sagemaker.list_endpoints()["Endpoints"]
    destroy(world.connection, print)
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert sagemaker.list_models()["Models"] == []
    stacks = world.client("cloudformation").list_stacks()["StackSummaries"]
    left = [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    assert left == ["CDKToolkit"]
    assert world.client("lambda").list_functions()["Functions"] == []
    assert world.client("stepfunctions").list_state_machines()["stateMachines"] == []
    tables = [
        name
        for name in world.client("dynamodb").list_tables()["TableNames"]
        if name.startswith("ghosteam")
    ]
    assert tables == []
