"""Foundation and one stack beside it, for what only some problems or settings have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks

from ghosteam.problem.spec import Problem
from infra.constructs import layers
from infra.functions import FUNCTIONS
from infra.settings import ENVIRONMENTS, ROOT, EnvironmentSettings
from infra.stacks.data import Data
from infra.stacks.foundation import Foundation
from tests.infra.templates import Synthesized, templates_in

ACCOUNT = {"account": "000000000000", "region": "us-east-1"}


def data_stack(
    temporary: pytest.TempPathFactory, problems: Mapping[str, Problem], *, suites: bool = False
) -> Synthesized:
    """The two stacks, under cdk-nag's eyes."""

    def data(app: App, **common: Any) -> None:
        Data(app, "Test-Data", problems=problems, suites=suites, **common)

    return beside_foundation(temporary, ENVIRONMENTS["dev"], data)


def beside_foundation(
    temporary: pytest.TempPathFactory, settings: EnvironmentSettings, made: Callable[..., None]
) -> Synthesized:
    """Foundation and what is ``made``, under cdk-nag's eyes; what is in the layers does not matter
    here.
    """
    folder, built = temporary.mktemp("stacks"), temporary.mktemp("layers")
    for layer in {layer for spec in FUNCTIONS.values() for layer in spec.layers}:
        (built / settings.layer_target / layer).mkdir(parents=True)
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "LAYERS_FOLDER", built)
        app = App(outdir=str(folder), context={**context, "aws:cdk:disable-asset-staging": True})
        common = {"settings": settings, "env": Environment(**ACCOUNT)}
        made(app, foundation=Foundation(app, "Test-Foundation", **common), **common)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
    return Synthesized(settings, folder, dict(templates_in(folder)))
