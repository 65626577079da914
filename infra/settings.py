"""Environments are data: one frozen settings object each. No construct asks which environment it is in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class EnvironmentSettings:
    """What differs between deployments.

    ``layer_target``: the build of the layers to ship (``aws``: Python 3.13 on Amazon Linux; ``local``: this machine's Python).
    ``mlflow_uri``: a tracking server that exists already, as an ARN or an http(s) address; None makes a managed MLflow App.
    ``job_image``: a ready image's URI; None builds the Dockerfile when deploying. ``keep_data``: buckets, tables and keys outlive
    their stack.
    """

    name: str
    layer_target: str = "aws"
    mlflow_uri: str | None = None
    job_image: str | None = None
    serving_image: str | None = None
    job_instance_type: str = "ml.m5.xlarge"
    log_buffer_seconds: int = 60
    log_retention_days: int = 90
    alert_emails: tuple[str, ...] = ()
    keep_data: bool = True
    watch_schedule: str = "rate(1 day)"
    account: str | None = None
    region: str | None = None

    @property
    def prefix(self) -> str:
        """Begin of the names of this deployment's resources."""
        return f"ghosteam-{self.name}"

    @property
    def job_name_prefix(self) -> str:
        """Begin of the names of SageMaker's resources, short because those names may have 63 characters."""
        return f"gt-{self.name}"

    @property
    def online_prefix(self) -> str:
        """Begin of Feast's project names, which take no dashes."""
        return f"ghosteam_{self.name}"


_LOCAL_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/ghosteam-jobs:local"

ENVIRONMENTS = {
    settings.name: settings
    for settings in (
        EnvironmentSettings(
            name="local",
            layer_target="local",
            job_image=_LOCAL_IMAGE,
            serving_image=_LOCAL_IMAGE,
            log_buffer_seconds=1,
            log_retention_days=1,
            keep_data=False,
            account="000000000000",
            region="us-east-1",
        ),
        EnvironmentSettings(name="dev", log_retention_days=14, keep_data=False),
        EnvironmentSettings(name="prod", log_retention_days=365),
    )
}


def environment_settings(name: str) -> EnvironmentSettings:
    """The settings of the environment ``name``; raises ValueError naming those that exist."""
    if name not in ENVIRONMENTS:
        raise ValueError(f"There is no environment {name!r}; use -c environment=<one of {', '.join(ENVIRONMENTS)}>")
    return ENVIRONMENTS[name]
