"""The state documents of a problem, of which facts are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ghosteam.documents.approval import Approval
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.change import Change
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.published_definition import PublishedDefinition
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.rebuild import Rebuild
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.documents.waiting_rollout import WaitingRollout


@dataclass(frozen=True)
class ProblemDocuments:
    """The state documents of a problem, by what they say; lists are oldest first.

    ``steps``: where the execution of a run, or of ``rollout``, is; ``rejections``: what a batch was
    rejected for, by its id; ``expectations``: what suites said of the newest batches.
    """

    problem: str
    routing: Routing | None = None
    runs: Sequence[Run] = ()
    batches: Sequence[BatchRecord] = ()
    readiness: Readiness | None = None
    approval: Approval | None = None
    waiting_rollout: WaitingRollout | None = None
    retraining_lease: RetrainingLease | None = None
    rollout_lease: RolloutLease | None = None
    waiting: Sequence[WaitingOccasion] = ()
    decisions: Sequence[Decision] = ()
    drift: Sequence[DriftVerdict] = ()
    performance: Sequence[PerformanceVerdict] = ()
    outcome_drift: Sequence[OutcomeVerdict] = ()
    registry_notes: Sequence[RegistryNote] = ()
    log_hours: Sequence[LogCompleteness] = ()
    published: PublishedDefinition | None = None
    changes: Sequence[Change] = ()
    rebuild: Rebuild | None = None
    steps: Mapping[str, str] = field(default_factory=dict)
    rejections: Mapping[str, str] = field(default_factory=dict)
    expectations: Sequence[ExpectationsResult] = ()
    outcomes: OutcomeCounts | None = None
    windows_version: str = ""

    @property
    def champion(self) -> Slot | None:
        """The slot that serves."""
        return self.routing.champion if self.routing else None

    def run(self, run_id: str) -> Run | None:
        """The run's document, if there is one."""
        return next((run for run in self.runs if run.run_id == run_id), None)
