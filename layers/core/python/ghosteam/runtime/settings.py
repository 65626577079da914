"""Settings of the functions: one typed object each, written by the stack and read by the handler.

No variable name is written twice: ``to_environment`` and ``from_environment`` derive it from the
field. A field that several functions are told has a class of its own, which their settings extend:
by it a type checker knows which adapters a function has (:mod:`ghosteam.aws.wiring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from ghosteam.errors import Defect

_PREFIX = "GHOSTEAM_"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every function is told."""

    environment_name: str
    state_table: str
    bus_name: str

    def to_environment(self) -> dict[str, str]:
        """Environment variables that :meth:`from_environment` reads back."""
        return {
            _PREFIX + field.name.upper(): str(getattr(self, field.name)) for field in fields(self)
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises :class:`~ghosteam.errors.Defect` when a variable is missing: the stack and the
        function disagree.
        """
        missing = [f.name for f in fields(cls) if _PREFIX + f.name.upper() not in environment]
        if missing:
            raise Defect(
                f"Settings are missing: {', '.join(_PREFIX + name.upper() for name in missing)}",
                remedy="Deploy the stack that owns this function again",
            )
        # Every field is text: a stack knows most values only when it is deployed.
        return cls(**{f.name: environment[_PREFIX + f.name.upper()] for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class DataSettings(Settings):
    """What works on the lake."""

    lake_bucket: str


@dataclass(frozen=True, kw_only=True)
class LandingSettings(Settings):
    """accept_events, accept_labels, pull_source."""

    landing_bucket: str


@dataclass(frozen=True, kw_only=True)
class RecordSettings(Settings):
    """record_training_set, collect_families, choose_model, shift_traffic."""

    artifact_bucket: str


@dataclass(frozen=True, kw_only=True)
class OnlineSettings(Settings):
    """What touches the online store: its tables are called ``<online_prefix>.<problem>.<view>``."""

    online_prefix: str


@dataclass(frozen=True, kw_only=True)
class AuthorizeSettings(Settings):
    """authorize_caller. ``token_issuer``: what tokens of the user pool name as theirs."""

    token_issuer: str
    user_pool_id: str


@dataclass(frozen=True, kw_only=True)
class DispatchSettings(Settings):
    """dispatch_work. ``queue_prefix``: begin of the names of queues."""

    queue_prefix: str


@dataclass(frozen=True, kw_only=True)
class IngestSettings(DataSettings, LandingSettings):
    """ingest_file. ``max_file_bytes``: a larger file is refused with a remedy; ``function_bytes``:
    the work of a larger one is handed over to a job; ``part_rows``: rows a Parquet part.
    """

    max_file_bytes: str = "50000000000"
    function_bytes: str = "500000000"
    part_rows: str = "100000"


@dataclass(frozen=True, kw_only=True)
class ValidateSettings(DataSettings):
    """validate_batch. ``function_rows``: the work on a batch with more rows is handed over to a
    job.
    """

    function_rows: str = "10000000"


@dataclass(frozen=True, kw_only=True)
class ScoringSettings(DataSettings, OnlineSettings):
    """The job score_batch."""


@dataclass(frozen=True, kw_only=True)
class PredictSettings(OnlineSettings, RecordSettings):
    """predict."""


@dataclass(frozen=True, kw_only=True)
class MaterializeSettings(DataSettings, OnlineSettings, RecordSettings):
    """materialize_features."""


@dataclass(frozen=True, kw_only=True)
class MonitorSettings(DataSettings, RecordSettings, OnlineSettings):
    """check_drift, check_performance."""


@dataclass(frozen=True, kw_only=True)
class RetrainSettings(Settings):
    """decide_retraining."""

    state_machine_arn: str


@dataclass(frozen=True, kw_only=True)
class RunSettings(DataSettings, RecordSettings, OnlineSettings):
    """start_run: everything that goes into a run's plan."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class JudgeSettings(DataSettings, RecordSettings):
    """judge_canary."""


@dataclass(frozen=True, kw_only=True)
class ExpectationsSettings(RecordSettings):
    """The job check_expectations."""


@dataclass(frozen=True, kw_only=True)
class PublishSettings(RecordSettings):
    """publish_definitions, rebuild."""


@dataclass(frozen=True, kw_only=True)
class RegistrySettings(Settings):
    """finish_rollout: the MLflow tracking server, an ARN (managed) or an http(s) address."""

    mlflow_tracking_uri: str


@dataclass(frozen=True, kw_only=True)
class RegisterSettings(RegistrySettings, RecordSettings):
    """register_model."""


@dataclass(frozen=True, kw_only=True)
class PrepareSettings(RecordSettings):
    """prepare_rollout. ``name_prefix``: begin of the names of endpoints."""

    job_image: str
    endpoint_role_arn: str
    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class AlertSettings(Settings):
    """tell_rejections."""

    alert_topic_arn: str


@dataclass(frozen=True, kw_only=True)
class SendSettings(Settings):
    """send_alerts. ``channels``: the environment's alerts as :mod:`ghosteam.alerting.routes` writes
    them; ``topics_prefix``: begin of the ARNs of their own topics; ``source``: begin of the names
    of the deployment's resources.
    """

    channels: str
    topics_prefix: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ApprovalSettings(RecordSettings, AlertSettings):
    """request_approval."""


@dataclass(frozen=True, kw_only=True)
class ReconcileSettings(RegistrySettings):
    """reconcile. ``name_prefix``: begin of the names of endpoints."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class SweepSettings(Settings):
    """sweep_endpoints."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class StreamSettings(DataSettings, LandingSettings):
    """receive_stream."""
