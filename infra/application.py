"""Which stacks there are and how they hang together."""

from __future__ import annotations

from typing import Any

from aws_cdk import App, Environment, Tags

from ghosteam.problem.load import load_problems
from infra.settings import ROOT, EnvironmentSettings
from infra.stacks.data import Data
from infra.stacks.features import Features
from infra.stacks.foundation import Foundation
from infra.stacks.monitoring import Monitoring
from infra.stacks.serving import Serving
from infra.stacks.training import Training


def add_stacks(app: App, settings: EnvironmentSettings, *, default_region: str = "us-east-1") -> None:
    """All stacks of one environment. ``default_region``: where they go if the settings name no region.

    There must be one: CDK writes no table with a key of ours for a region that it does not know.
    """
    problems = load_problems(ROOT / "feature_repo", environment=settings.name)
    name = f"Ghosteam-{settings.name}"
    common: dict[str, Any] = {
        "settings": settings,
        "env": Environment(account=settings.account, region=settings.region or default_region),
    }
    foundation = Foundation(app, f"{name}-Foundation", **common)
    Data(app, f"{name}-Data", foundation=foundation, problems=problems, **common)
    features = Features(app, f"{name}-Features", foundation=foundation, problems=problems, **common)
    training = Training(app, f"{name}-Training", foundation=foundation, features=features, **common)
    Serving(app, f"{name}-Serving", foundation=foundation, features=features, training=training, **common)
    Monitoring(app, f"{name}-Monitoring", foundation=foundation, problems=problems, **common)
    Tags.of(app).add("ghosteam:environment", settings.name)
