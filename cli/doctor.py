"""What a deployment needs, looked at one by one: each finding says what is there, or what to do."""

from __future__ import annotations

import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import ROOT, Connection, NotReachable
from cli.images.buildah import Buildah, ImageError
from cli.images.docker import CDK_DOCKER, docker_answers
from cli.leftovers import NamesTaken, check_names
from ghosteam.data.expectations import have_suites
from ghosteam.problem.spec import Problem
from ghosteam.serving.backends.backend import BACKENDS
from infra.settings import EnvironmentSettings

OLDEST_BOOTSTRAP = 6
"""What the CDK's default stack synthesizer asks for."""
_FREE_GB = {"local": 5, "aws": 15}
"""Room for the environments and a demo; for the job image and the layers besides."""

State = Literal["good", "missing", "unknown"]


@dataclass(frozen=True)
class CheckResult:
    """``told``: what was found; ``remedy``: what to do about what is missing."""

    subject: str
    state: State
    told: str
    remedy: str = ""


def examine(
    settings: EnvironmentSettings,
    problems: Mapping[str, Problem],
    connect: Callable[[], Connection],
) -> Iterator[CheckResult]:
    """All findings for an environment; AWS is asked only with credentials that work."""
    is_local = settings.layer_target == "local"
    yield CheckResult("Python", "good", platform.python_version())
    yield _disk("local" if is_local else "aws")
    if settings.builds_images(suites=have_suites(problems, ROOT / "feature_repo")):
        yield _builder()
    try:
        connection = connect()
        who = connection.client("sts").get_caller_identity()
    except (NotReachable, ClientError, BotoCoreError) as error:
        remedy = "" if is_local else "aws configure, or set AWS_PROFILE"
        yield CheckResult("account", "missing", str(error), remedy)
        return
    yield CheckResult("account", "good", f"{who['Account']}, as {who['Arn']}")
    if is_local:
        return
    for subject, look in (
        ("region", lambda: _region(connection)),
        ("bootstrap", lambda: _bootstrap(connection)),
        ("names", lambda: _names(connection, settings)),
    ):
        yield _looked(subject, look)
    yield from _quotas(connection, settings, problems)


def _disk(kind: str) -> CheckResult:
    free = shutil.disk_usage(ROOT).free / 1e9
    needed = _FREE_GB[kind]
    if free >= needed:
        return CheckResult("disk", "good", f"{free:.0f} GB free")
    return CheckResult(
        "disk",
        "missing",
        f"{free:.1f} GB free, {needed} are needed",
        f"Free some on the disk of {ROOT.name}",
    )


def _builder() -> CheckResult:
    if program := os.environ.get(CDK_DOCKER):
        return CheckResult("image builder", "good", f"{CDK_DOCKER} names {program}")
    if docker_answers():
        return CheckResult("image builder", "good", "a Docker engine answers")
    try:
        Buildah.here()
    except ImageError as error:
        return CheckResult(
            "image builder", "missing", "no Docker engine answers", f"Start Docker. Or: {error}"
        )
    return CheckResult("image builder", "good", "buildah, without Docker")


def _region(connection: Connection) -> CheckResult:
    region = connection.client("sts").meta.region_name
    if region in (None, "aws-global"):
        return CheckResult(
            "region", "missing", "none is set", "export AWS_REGION=eu-central-1, or another one"
        )
    return CheckResult("region", "good", str(region))


def _bootstrap(connection: Connection) -> CheckResult:
    try:
        found = connection.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")[
            "Parameter"
        ]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return CheckResult("bootstrap", "good", "not yet; ./ghosteam deploy does it")
    if int(found) >= OLDEST_BOOTSTRAP:
        return CheckResult("bootstrap", "good", f"version {found}")
    return CheckResult(
        "bootstrap",
        "missing",
        f"version {found}, {OLDEST_BOOTSTRAP} is needed",
        "./ghosteam deploy renews it",
    )


def _names(connection: Connection, settings: EnvironmentSettings) -> CheckResult:
    try:
        check_names(connection, settings)
    except NamesTaken as error:
        first, _, rest = str(error).partition("\n")
        return CheckResult("names", "missing", first, rest)
    return CheckResult("names", "good", "free, or this deployment's own")


def needed_instances(
    settings: EnvironmentSettings, problems: Mapping[str, Problem]
) -> Counter[str]:
    """How many instances run at the same time at most, by the quota's name.

    Each problem serves with two slots in a rollout, on the instances that its backend asks for, and
    trains its families side by side; runs of several problems take turns for what is left.
    """
    needed: Counter[str] = Counter()
    for problem in problems.values():
        slot = BACKENDS.find(problem.serve.mode).variant(problem.serve)
        if "InstanceType" in slot:
            needed[f"{slot['InstanceType']} for endpoint usage"] += 2 * slot["InitialInstanceCount"]
    if problems:
        widest = max(len(problem.model.families) for problem in problems.values())
        needed[f"{settings.job_instance_type} for training job usage"] = widest
        needed[f"{settings.job_instance_type} for processing job usage"] = 1
    return needed


def _quotas(
    connection: Connection, settings: EnvironmentSettings, problems: Mapping[str, Problem]
) -> Iterator[CheckResult]:
    try:
        pages = (
            connection.client("service-quotas")
            .get_paginator("list_service_quotas")
            .paginate(ServiceCode="sagemaker")
        )
        given = {
            quota["QuotaName"]: float(quota["Value"]) for page in pages for quota in page["Quotas"]
        }
    except (ClientError, BotoCoreError) as error:
        yield CheckResult(
            "quotas",
            "unknown",
            f"they cannot be read: {error}",
            "Allow servicequotas:ListServiceQuotas to see them",
        )
        return
    for name, needed in sorted(needed_instances(settings, problems).items()):
        if name not in given:
            yield CheckResult(
                name,
                "unknown",
                "AWS lists no such quota",
                "Is the instance type offered in this region?",
            )
        elif given[name] < needed:
            remedy = "Ask for more: Service Quotas, Amazon SageMaker"
            yield CheckResult(
                name, "missing", f"{given[name]:g} instances, up to {needed} run at once", remedy
            )
        else:
            yield CheckResult(name, "good", f"{given[name]:g} instances for up to {needed}")


def _looked(subject: str, look: Callable[[], CheckResult]) -> CheckResult:
    try:
        return look()
    except (ClientError, BotoCoreError) as error:
        return CheckResult(
            subject, "unknown", f"it cannot be looked at: {error}", "Allow the call, or ask who may"
        )
