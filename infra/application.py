"""Which stacks there are and how they hang together."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from aws_cdk import App, Environment, Tags

from ghosteam.data.contracts import check_contracts
from ghosteam.data.expectations import check_suites, have_suites
from ghosteam.data.targets import expression_faults
from ghosteam.problem.load import InvalidProblems, load_problems
from infra.constructs.clients import too_many
from infra.retention import check_retention
from infra.settings import ROOT, EnvironmentSettings, environment_settings
from infra.stacks.data import Data
from infra.stacks.features import Features
from infra.stacks.foundation import Foundation
from infra.stacks.monitoring import Monitoring
from infra.stacks.problems import Problems
from infra.stacks.serving import Serving
from infra.stacks.training import Training
from infra.stacks.view_tables import check_tables
from infra.stacks.work import Work


class _Common(TypedDict):
    """What all stacks have."""

    settings: EnvironmentSettings
    env: Environment


def check_problems(environment: str, *, feature_repo: Path = ROOT / "feature_repo") -> None:
    """Raises InvalidProblems with everything that is wrong with the problems: targets that cannot
    be read, contracts that cannot be loaded, data that are deleted while they are needed, and
    views that cannot be tables of Athena are among it.
    """
    problems = load_problems(feature_repo, environment=environment, also=expression_faults)
    if fault := too_many(problems):
        raise InvalidProblems([fault])
    faults = [
        *check_contracts(problems, feature_repo),
        *check_suites(problems, feature_repo),
        *check_retention(environment_settings(environment), problems),
        *check_tables(environment_settings(environment), problems),
    ]
    if faults:
        raise InvalidProblems(faults)


def add_stacks(
    app: App,
    settings: EnvironmentSettings,
    *,
    default_region: str = "us-east-1",
    feature_repo: Path = ROOT / "feature_repo",
) -> None:
    """All stacks of one environment. ``default_region``: where they go if the settings name no
    region; ``feature_repo``: the folder of the problems.

    There must be one: CDK writes no table with a key of ours for a region that it does not know.
    """
    problems = load_problems(feature_repo, environment=settings.name)
    name = f"Ghosteam-{settings.name}"
    common: _Common = {
        "settings": settings,
        "env": Environment(account=settings.account, region=settings.region or default_region),
    }
    foundation = Foundation(app, f"{name}-Foundation", **common)
    work = Work(app, f"{name}-Work", foundation=foundation, **common)
    data = Data(
        app,
        f"{name}-Data",
        foundation=foundation,
        problems=problems,
        suites=have_suites(problems, feature_repo),
        **common,
    )
    features = Features(app, f"{name}-Features", foundation=foundation, problems=problems, **common)
    training = Training(app, f"{name}-Training", foundation=foundation, **common)
    serving = Serving(app, f"{name}-Serving", foundation=foundation, training=training, **common)
    monitoring = Monitoring(
        app,
        f"{name}-Monitoring",
        foundation=foundation,
        has_problems=bool(problems),
        **common,
    )
    last = Problems(
        app,
        f"{name}-Problems",
        foundation=foundation,
        problems=problems,
        feature_repo=feature_repo,
        **common,
    )
    for stack in (data, features, training, serving, monitoring):
        # Their rules write to a queue of that stack, which is found by its name.
        stack.add_dependency(work)
        last.add_dependency(stack)
    Tags.of(app).add("ghosteam:environment", settings.name)
