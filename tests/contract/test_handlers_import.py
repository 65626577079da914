"""Packaged functions: each fits into Lambda, and its handler imports with its own layers and the
runtime's boto3 alone.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.functions import FUNCTIONS
from layers.build import (
    build_layers,
    check_function_sizes,
    check_layer_counts,
    isolated_import,
    layer_folder,
)
from layers.build.python313 import ensure_python313
from layers.build.specs import TARGETS, Target

pytestmark = pytest.mark.contract
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Packages:
    """The layers as they ship, and the interpreter that will run them."""

    target: Target
    python: Path

    def layers(self, name: str) -> list[Path]:
        return [layer_folder(ROOT, self.target, layer) for layer in FUNCTIONS[name].layers]


@pytest.fixture(scope="module", params=TARGETS)
def packages(request: pytest.FixtureRequest) -> Packages:
    target: Target = request.param
    reasons: list[str] = []
    python = (
        Path(sys.executable)
        if target == "local"
        else ensure_python313(ROOT / ".ghosteam/cache/python313", reasons.append)
    )
    if python is None:
        pytest.skip(reasons[-1])
    build_layers(ROOT, target)
    return Packages(target, python)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_with_its_own_layers_and_the_runtimes_boto3_alone(
    packages: Packages, name: str
) -> None:
    environment = {"AWS_LAMBDA_FUNCTION_NAME": name, **dict(FUNCTIONS[name].variables)}
    done = isolated_import(
        packages.layers(name),
        ROOT / "functions" / name,
        "handler",
        python=packages.python,
        extra_env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["modules"] > 0


def test_a_handler_without_its_layers_does_not_import(packages: Packages) -> None:
    """Or the test above would hold for want of isolation."""
    done = isolated_import([], ROOT / "functions" / "predict", "handler", python=packages.python)
    assert "ModuleNotFoundError" in done.stderr


def test_every_function_fits_into_lambda_with_its_layers(packages: Packages) -> None:
    check_layer_counts({name: spec.layers for name, spec in FUNCTIONS.items()})
    sizes = check_function_sizes(
        {name: [ROOT / "functions" / name, *packages.layers(name)] for name in FUNCTIONS}
    )
    assert min(sizes.values()) > 0
