"""Environments are data: one frozen settings object each. No construct asks which environment it is
in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ghosteam.alerting.routes import Route, routes_of

_NAME = re.compile(r"[a-z](-?[a-z0-9])*")
LONGEST_NAME = 12
"""Letters of an environment's name. SageMaker's names may have 63, and a job's needs the rest."""
ROOT = Path(__file__).resolve().parent.parent

DataClass = Literal[
    "landed files",
    "raw",
    "validated",
    "quarantine",
    "profiles",
    "predictions",
    "scoring",
    "runs",
    "reports",
    "feature sources",
]


@dataclass(frozen=True, kw_only=True)
class EnvironmentSettings:
    """What differs between deployments.

    ``alerts``: to whom messages go, each a channel and what it must be told, such as
    ``{"channel": "email", "address": "you@example.com"}`` (``ghosteam/channels/``), and which of
    them (``ghosteam/alerting/routes.py``); a secret is named and never written here.
    ``layer_target``: the build of the layers to ship (``aws``: Python 3.13 on Amazon Linux;
    ``local``: this machine's Python). ``mlflow_uri``: a tracking server that exists already, as an
    ARN or an http(s) address; None makes a managed MLflow App. ``job_image``: a ready image's URI;
    None builds the Dockerfile when deploying. ``expectations_image``: the same for the job that
    runs suites of Great Expectations. ``keep_data``: buckets, tables and keys outlive their
    stack. ``keep_days``: for how many days data of a class are kept; a class that is not named is
    kept as long as the environment (``retention.py`` refuses fewer days than problems need).
    ``keep_superseded_days``: for how many more the buckets keep versions that were overwritten or
    deleted. ``log_retention_days``: what functions print, predictions among it. ``public_docs``:
    the API's documentation, which names the columns and values of every problem, is open to all.
    ``cors_origins``: of which pages in a browser may call the API, each as ``https://host``.
    ``problem_dashboards``: each problem has a dashboard, which costs some dollars a month.
    ``traces``: functions and workflows send traces to X-Ray, which asks a price for each; without
    it none of them may. ``max_log_loss``: from which share of a day's predictions on their loss
    from the log alarms. ``athena``: the views of problems are tables that Athena reads, in queries
    of at most ``athena_scan_gb`` each, which have their price by that.
    """

    name: str
    layer_target: str = "aws"
    mlflow_uri: str | None = None
    job_image: str | None = None
    expectations_image: str | None = None
    serving_image: str | None = None
    job_instance_type: str = "ml.m5.xlarge"
    log_buffer_seconds: int = 60
    log_retention_days: int = 90
    alerts: tuple[Mapping[str, str], ...] = ()
    keep_data: bool = True
    public_docs: bool = True
    cors_origins: tuple[str, ...] = ()
    keep_days: Mapping[DataClass, int] = field(default_factory=dict)
    keep_superseded_days: int = 90
    watch_schedule: str = "rate(1 day)"
    reconcile_schedule: str = "rate(15 minutes)"
    compaction_schedule: str = "rate(1 hour)"
    alert_schedule: str = "rate(10 minutes)"
    max_log_loss: float = 0.01
    problem_dashboards: bool = True
    traces: bool = False
    athena: bool = False
    athena_scan_gb: int = 100
    account: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a name that AWS would refuse in some resource's name."""
        if not _NAME.fullmatch(self.name) or len(self.name) > LONGEST_NAME:
            raise ValueError(
                f"{self.name!r} cannot name an environment: use 1 to {LONGEST_NAME} small letters "
                "and digits, single dashes "
                "between them, such as 'staging' or 'dev-eu'"
            )

    @property
    def routes(self) -> tuple[Route, ...]:
        """How people are reached. Raises ValueError for an entry of ``alerts`` that cannot be."""
        return routes_of(self.alerts)

    def builds_images(self, *, suites: bool) -> bool:
        """Whether an image that a deployment needs is built while deploying; with ``suites`` it
        needs the one that runs them.
        """
        needed = [self.job_image, self.serving_image]
        if suites:
            needed.append(self.expectations_image)
        return None in needed

    @property
    def prefix(self) -> str:
        """Begin of the names of this deployment's resources."""
        return f"ghosteam-{self.name}"

    @property
    def job_name_prefix(self) -> str:
        """Begin of the names of SageMaker's resources, short because those names may have 63
        characters.
        """
        return f"gt-{self.name}"

    @property
    def online_prefix(self) -> str:
        """Begin of Feast's project names, which take no dashes. No environment's begins another's:
        ``dev`` and ``dev-eu`` may lie in one account.
        """
        return f"ghosteam_{self.name.replace('-', '__')}_online"

    @property
    def offline_prefix(self) -> str:
        """Begin of the names of Athena's databases, which take no dashes either."""
        return f"ghosteam_{self.name.replace('-', '__')}_offline"


_LOCAL_REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
_LOCAL_IMAGE = f"{_LOCAL_REGISTRY}/ghosteam-jobs:local"

ENVIRONMENTS = {
    settings.name: settings
    for settings in (
        EnvironmentSettings(
            name="local",
            layer_target="local",
            job_image=_LOCAL_IMAGE,
            serving_image=_LOCAL_IMAGE,
            expectations_image=f"{_LOCAL_REGISTRY}/ghosteam-expectations:local",
            log_buffer_seconds=1,
            log_retention_days=1,
            keep_data=False,
            account="000000000000",
            region="us-east-1",
        ),
        EnvironmentSettings(name="dev", log_retention_days=14, keep_data=False),
        EnvironmentSettings(
            name="prod", log_retention_days=365, public_docs=False, keep_days={"predictions": 400}
        ),
    )
}


def environment_settings(name: str) -> EnvironmentSettings:
    """The settings of the environment ``name``.

    Raises ValueError when there is none, naming those that exist, and for alerts that can reach
    nobody.
    """
    if name not in ENVIRONMENTS:
        raise ValueError(
            f"There is no environment {name!r}; use -c environment=<one of "
            f"{', '.join(ENVIRONMENTS)}>"
        )
    settings = ENVIRONMENTS[name]
    _ = settings.routes
    return settings
