"""Keys of the state table's documents: what stands there, and the area that each belongs to.

A plural constant is the prefix of all keys of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from ghosteam.documents.alert_state import AlertState
from ghosteam.documents.approval import Approval
from ghosteam.documents.backfill import Backfill
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_to_judge import BatchToJudge
from ghosteam.documents.change import Change
from ghosteam.documents.compacted_group import CompactedGroup
from ghosteam.documents.counted_batch import CountedBatch
from ghosteam.documents.coverage import Coverage
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.drift_watermark import DriftWatermark
from ghosteam.documents.erasure import Erasure
from ghosteam.documents.landing import Landing
from ghosteam.documents.log_compaction import LogCompaction
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.documents.materialized_batch import MaterializedBatch
from ghosteam.documents.online_revision import OnlineRevision
from ghosteam.documents.online_versions import OnlineVersions
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.page_tag import PageTag
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.published_definition import PublishedDefinition
from ghosteam.documents.published_problems import PublishedProblems
from ghosteam.documents.quarantine_note import QuarantineNote
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.rebuild import Rebuild
from ghosteam.documents.recent_batches import RecentBatches
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.rejected_file import RejectedFile
from ghosteam.documents.rejection_alert import RejectionAlert
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.stored import Stored
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.documents.waiting_rollout import WaitingRollout
from ghosteam.documents.watermark import Watermark
from ghosteam.documents.window_step import WindowStep
from ghosteam.documents.window_to_judge import WindowToJudge

Area = Literal[
    "definitions",
    "data",
    "features",
    "retraining",
    "serving",
    "monitoring",
    "judging",
    "alerts",
    "erasures",
]
"""Who may change a document: roles are limited to the areas of their work."""
Form = TypeVar("Form", bound=Stored)
EVERY_PROBLEM = "*"
"""Stands for the problem where a document is about all of them; no problem has this name."""


@dataclass(frozen=True)
class Key(Generic[Form]):
    """Where a document of one form stands, or, as a prefix, where several do."""

    text: str
    form: type[Form]

    def __truediv__(self, rest: str) -> Key[Form]:
        """The key, or prefix, that goes on with ``rest``."""
        return Key(self.text + rest, self.form)


PUBLISHED_DEFINITION = Key("published", PublishedDefinition)
PUBLISHED_PROBLEMS = Key("problems", PublishedProblems)
CHANGES = Key("change#", Change)
REBUILD = Key("rebuild", Rebuild)
BATCHES = Key("batch#", BatchRecord)
LANDINGS = Key("object#", Landing)
COUNTED_BATCHES = Key("counted#", CountedBatch)
INDEX_BACKFILLS = Key("indexed#", Backfill)
REVISION_COVERAGE = Key("row_days#", Coverage)
RECENT_BATCHES = Key("recent#", RecentBatches)
WATERMARKS = Key("source#", Watermark)
PAGE_TAGS = Key("page#", PageTag)
QUARANTINE_NOTES = Key("quarantine#", QuarantineNote)
APPLIED_COUNTED_BATCHES = Key("applied#", CountedBatch)
WINDOW_STEPS = Key("window_step#", WindowStep)
OUTCOME_COUNTS = Key("outcomes#", OutcomeCounts)
ONLINE_REVISIONS = Key("followed#", OnlineRevision)
ONLINE_VERSIONS = Key("online_versions", OnlineVersions)
COVERAGE = Key("coverage#", Coverage)
BATCH_COVERAGE = Key("covered#", Coverage)
COVERAGE_BACKFILLS = Key("coverage_kept#", Backfill)
MATERIALIZED_BATCHES = Key("materialized#", MaterializedBatch)
READINESS = Key("readiness", Readiness)
DECISIONS = Key("decision#", Decision)
WAITING_OCCASIONS = Key("waiting#", WaitingOccasion)
RUNS = Key("run#", Run)
RETRAINING_LEASE = Key("lease#retraining", RetrainingLease)
ROLLOUT_LEASE = Key("lease#rollout", RolloutLease)
WAITING_ROLLOUT = Key("next_rollout", WaitingRollout)
APPROVAL = Key("approval", Approval)
ROUTING = Key("routing", Routing)
REGISTRY_NOTES = Key("registry_note#", RegistryNote)
DRIFT_VERDICTS = Key("verdict#drift#", DriftVerdict)
DRIFT_WATERMARK = Key("watched#drift", DriftWatermark)
OUTCOME_VERDICTS = Key("verdict#outcomes#", OutcomeVerdict)
PERFORMANCE_VERDICTS = Key("verdict#performance#", PerformanceVerdict)
BATCHES_TO_JUDGE = Key("to_judge#batch#", BatchToJudge)
WINDOWS_TO_JUDGE = Key("to_judge#window#", WindowToJudge)
IMMATURE_WINDOWS_TO_JUDGE = Key("to_judge#immature#", WindowToJudge)
LOG_COMPACTION = Key("log_compaction", LogCompaction)
COMPACTED_GROUPS = Key("compacted_group#", CompactedGroup)
LOG_COMPLETENESS = Key("log_hour#", LogCompleteness)
ERASURES = Key("erasure#", Erasure)
REJECTED_FILES = Key("rejected_file#", RejectedFile)
REJECTION_ALERTS = Key("collecting#", RejectionAlert)
ALERT_STATES = Key("standing#", AlertState)

AREAS: Mapping[str, Area] = {
    PUBLISHED_DEFINITION.text: "definitions",
    PUBLISHED_PROBLEMS.text: "definitions",
    CHANGES.text: "definitions",
    REBUILD.text: "definitions",
    BATCHES.text: "data",
    LANDINGS.text: "data",
    COUNTED_BATCHES.text: "data",
    INDEX_BACKFILLS.text: "data",
    REVISION_COVERAGE.text: "data",
    RECENT_BATCHES.text: "data",
    WATERMARKS.text: "data",
    PAGE_TAGS.text: "data",
    QUARANTINE_NOTES.text: "data",
    APPLIED_COUNTED_BATCHES.text: "features",
    WINDOW_STEPS.text: "features",
    OUTCOME_COUNTS.text: "features",
    ONLINE_REVISIONS.text: "features",
    ONLINE_VERSIONS.text: "features",
    COVERAGE.text: "retraining",
    BATCH_COVERAGE.text: "retraining",
    COVERAGE_BACKFILLS.text: "retraining",
    MATERIALIZED_BATCHES.text: "retraining",
    READINESS.text: "retraining",
    DECISIONS.text: "retraining",
    WAITING_OCCASIONS.text: "retraining",
    RUNS.text: "retraining",
    RETRAINING_LEASE.text: "retraining",
    ROLLOUT_LEASE.text: "serving",
    WAITING_ROLLOUT.text: "serving",
    APPROVAL.text: "serving",
    ROUTING.text: "serving",
    REGISTRY_NOTES.text: "serving",
    DRIFT_VERDICTS.text: "monitoring",
    DRIFT_WATERMARK.text: "monitoring",
    OUTCOME_VERDICTS.text: "monitoring",
    PERFORMANCE_VERDICTS.text: "monitoring",
    BATCHES_TO_JUDGE.text: "judging",
    WINDOWS_TO_JUDGE.text: "judging",
    IMMATURE_WINDOWS_TO_JUDGE.text: "judging",
    LOG_COMPACTION.text: "monitoring",
    COMPACTED_GROUPS.text: "monitoring",
    LOG_COMPLETENESS.text: "monitoring",
    ERASURES.text: "erasures",
    REJECTED_FILES.text: "alerts",
    REJECTION_ALERTS.text: "alerts",
    ALERT_STATES.text: "alerts",
}

FORMS: Mapping[str, type[Stored]] = {
    value.text: value.form for value in list(vars().values()) if isinstance(value, Key)
}
"""The form of the documents of each kind."""


def batches(dataset: str) -> Key[BatchRecord]:
    """All batches of a data set."""
    return BATCHES / f"{dataset}#"


def batch(dataset: str, batch_id: str) -> Key[BatchRecord]:
    """A batch in the ledger."""
    return batches(dataset) / batch_id


def quarantine_note(dataset: str, batch_id: str) -> Key[QuarantineNote]:
    """What was decided about a batch's quarantined rows."""
    return QUARANTINE_NOTES / f"{dataset}#{batch_id}"


def landings(dataset: str) -> Key[Landing]:
    """All landing keys of a data set."""
    return LANDINGS / f"{dataset}#"


def landing(dataset: str, key: str) -> Key[Landing]:
    """Which batches a key of the landing bucket holds."""
    return landings(dataset) / key


def counted_batches(dataset: str) -> Key[CountedBatch]:
    """All batches of a data set that count."""
    return COUNTED_BATCHES / f"{dataset}#"


def applied_counted_batches(version: str, dataset: str) -> Key[CountedBatch]:
    """All batches of events, or of labels, whose rows are in the online windows of a version."""
    return APPLIED_COUNTED_BATCHES / f"{version}#{dataset}#"


def online_revision(dataset: str, batch_id: str) -> Key[OnlineRevision]:
    """Which rows of a batch the online store has."""
    return ONLINE_REVISIONS / f"{dataset}#{batch_id}"


def revision_coverage(dataset: str, batch_id: str, revision: str) -> Key[Coverage]:
    """The rows of a batch's revision by day, a document a month."""
    return REVISION_COVERAGE / f"{dataset}#{batch_id}#{revision}#"


def coverage(dataset: str, version: str | None) -> Key[Coverage]:
    """The rows by day of all batches of a data set that are online in views of a version, a
    document a month.
    """
    return COVERAGE / f"{dataset}#{version or ''}#"


def batch_coverage(dataset: str, version: str | None, batch_id: str) -> Key[Coverage]:
    """What of :func:`coverage` is the batch's."""
    return BATCH_COVERAGE / f"{dataset}#{version or ''}#{batch_id}#"


def coverage_backfill(dataset: str, version: str | None) -> Key[Backfill]:
    """That :func:`coverage` holds every batch that is online."""
    return COVERAGE_BACKFILLS / f"{dataset}#{version or ''}"


def materialized_batches(dataset: str) -> Key[MaterializedBatch]:
    """All batches of a data set whose features can be read online."""
    return MATERIALIZED_BATCHES / f"{dataset}#"


def batch_to_judge(dataset: str, batch_id: str) -> Key[BatchToJudge]:
    """That a batch tells other outcomes than before."""
    return BATCHES_TO_JUDGE / f"{dataset}#{batch_id}"


def compacted_groups(date: str) -> Key[CompactedGroup]:
    """What was compacted of the predictions made on a date (``YYYY-MM-DD``, UTC)."""
    return COMPACTED_GROUPS / date


def compacted_group(hour: datetime, group: str) -> Key[CompactedGroup]:
    """What a group held of the predictions made in an hour."""
    return COMPACTED_GROUPS / f"{hour:%Y-%m-%dT%H}#{group}"


def log_completeness(hour: datetime) -> Key[LogCompleteness]:
    """Made and logged predictions of an hour."""
    return LOG_COMPLETENESS / f"{hour:%Y-%m-%dT%H}"


def alert_state(channel: str, condition: str) -> Key[AlertState]:
    """What a channel was told of a condition, by the condition's key."""
    return ALERT_STATES / f"{channel}#{condition}"
