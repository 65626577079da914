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
    """What every function is told: whose metrics it gives, and whose overrides a problem has."""

    environment_name: str

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
class StateSettings(Settings):
    """What reads or writes the state; retire_slot has no more."""

    state_table: str


@dataclass(frozen=True, kw_only=True)
class BusSettings(Settings):
    """What publishes events."""

    bus_name: str


@dataclass(frozen=True, kw_only=True)
class DataSettings(Settings):
    """What works on the lake."""

    lake_bucket: str


@dataclass(frozen=True, kw_only=True)
class LandingSettings(Settings):
    """What lands rows; accept_events and accept_labels have no more."""

    landing_bucket: str


@dataclass(frozen=True, kw_only=True)
class ArtifactSettings(Settings):
    """What works on artifacts: the files of runs, and definitions."""

    artifact_bucket: str


@dataclass(frozen=True, kw_only=True)
class OnlineSettings(Settings):
    """What touches the online store: its tables are called ``<online_prefix>.<problem>.<view>``."""

    online_prefix: str


@dataclass(frozen=True, kw_only=True)
class ChangeSettings(StateSettings, BusSettings):
    """What changes the state and says so; finish_run and roll_back have no more."""


@dataclass(frozen=True, kw_only=True)
class RecordSettings(StateSettings, ArtifactSettings):
    """record_training_set, collect_families, choose_model, shift_traffic."""


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
class IngestSettings(ChangeSettings, DataSettings, LandingSettings):
    """ingest_file. ``max_file_bytes``: a larger file is refused with a remedy; ``function_bytes``:
    the work of a larger one is handed over to a job; ``part_rows``: rows a Parquet part.
    """

    max_file_bytes: str = "50000000000"
    function_bytes: str = "500000000"
    part_rows: str = "100000"


@dataclass(frozen=True, kw_only=True)
class ValidateSettings(ChangeSettings, DataSettings):
    """validate_batch. ``function_rows``: the work on a batch with more rows is handed over to a
    job.
    """

    function_rows: str = "10000000"


@dataclass(frozen=True, kw_only=True)
class LakeStateSettings(StateSettings, DataSettings):
    """compact_log, and the job score_batch."""


@dataclass(frozen=True, kw_only=True)
class PredictSettings(RecordSettings, OnlineSettings):
    """predict."""


@dataclass(frozen=True, kw_only=True)
class MonitorSettings(ChangeSettings, RecordSettings, DataSettings):
    """check_drift."""


@dataclass(frozen=True, kw_only=True)
class OutcomeSettings(MonitorSettings, OnlineSettings):
    """materialize_features and check_performance, which find the events of outcomes online."""


@dataclass(frozen=True, kw_only=True)
class RetrainSettings(ChangeSettings):
    """decide_retraining."""

    state_machine_arn: str


@dataclass(frozen=True, kw_only=True)
class RunSettings(ChangeSettings, RecordSettings, DataSettings, OnlineSettings):
    """start_run: everything that goes into a run's plan."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class JudgeSettings(RecordSettings, DataSettings):
    """judge_canary."""


@dataclass(frozen=True, kw_only=True)
class ExpectationsSettings(BusSettings, ArtifactSettings):
    """The job check_expectations."""


@dataclass(frozen=True, kw_only=True)
class PublishSettings(ChangeSettings, RecordSettings):
    """publish_definitions, rebuild."""


@dataclass(frozen=True, kw_only=True)
class RegistrySettings(Settings):
    """What records models: the MLflow tracking server, an ARN (managed) or an http(s) address."""

    mlflow_tracking_uri: str


@dataclass(frozen=True, kw_only=True)
class RegisterSettings(ChangeSettings, RecordSettings, RegistrySettings):
    """register_model."""


@dataclass(frozen=True, kw_only=True)
class FinishSettings(ChangeSettings, RegistrySettings):
    """finish_rollout."""


@dataclass(frozen=True, kw_only=True)
class PrepareSettings(ChangeSettings, RecordSettings):
    """prepare_rollout. ``name_prefix``: begin of the names of endpoints."""

    job_image: str
    endpoint_role_arn: str
    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class AlertSettings(StateSettings):
    """What tells people; tell_rejections has no more."""

    alert_topic_arn: str


@dataclass(frozen=True, kw_only=True)
class SendSettings(StateSettings):
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
class ReconcileSettings(FinishSettings):
    """reconcile. ``name_prefix``: begin of the names of endpoints."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class SweepSettings(Settings):
    """sweep_endpoints."""

    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class StreamSettings(LandingSettings, DataSettings):
    """receive_stream."""


@dataclass(frozen=True, kw_only=True)
class PullSettings(LandingSettings, StateSettings):
    """pull_source."""
