"""Foundation and Data alone, for what only some problems have."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from aws_cdk import App, Environment, Validations
from cdk_nag import AwsSolutionsChecks

from ghosteam.problem.spec import Problem
from infra.constructs import layers
from infra.settings import ENVIRONMENTS, ROOT
from infra.stacks.data import Data
from infra.stacks.foundation import Foundation
from tests.infra.templates import Synthesized, templates_in

ACCOUNT = {"account": "000000000000", "region": "us-east-1"}


def data_stack(
    temporary: pytest.TempPathFactory, problems: Mapping[str, Problem], *, suites: bool = False
) -> Synthesized:
    """The two stacks, under cdk-nag's eyes; what is in the layers does not matter here."""
    settings, folder, built = (
        ENVIRONMENTS["dev"],
        temporary.mktemp("sources"),
        temporary.mktemp("layers"),
    )
    for name in ("core", "problems", "web", "data", "sql"):
        (built / settings.layer_target / name).mkdir(parents=True)
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "LAYERS_FOLDER", built)
        app = App(outdir=str(folder), context={**context, "aws:cdk:disable-asset-staging": True})
        common = {"settings": settings, "env": Environment(**ACCOUNT)}
        foundation = Foundation(app, "Test-Foundation", **common)
        Data(app, "Test-Data", foundation=foundation, problems=problems, suites=suites, **common)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
    return Synthesized(settings, folder, dict(templates_in(folder)))
