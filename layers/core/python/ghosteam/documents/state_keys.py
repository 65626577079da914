"""Keys of the state table's documents: what stands there, and the area that each belongs to.

A plural constant is the prefix of all keys of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from ghosteam.documents.approval import Approval
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.decision import Decision
from ghosteam.documents.joined import Joined
from ghosteam.documents.landing import Landing
from ghosteam.documents.lease import RetrainingLease, RolloutLease
from ghosteam.documents.next_rollout import NextRollout
from ghosteam.documents.occasion import WaitingOccasion
from ghosteam.documents.outcomes import Outcomes
from ghosteam.documents.readiness import Materialized, Readiness
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.stored import Stored
from ghosteam.documents.verdicts import DriftVerdict, PerformanceVerdict
from ghosteam.documents.watermark import Watermark

Area = Literal["data", "features", "retraining", "serving", "monitoring"]
"""Who may change a document: roles are limited to the areas of their work."""
Form = TypeVar("Form", bound=Stored)


@dataclass(frozen=True)
class Key(Generic[Form]):
    """Where a document of one form stands, or, as a prefix, where several do."""

    text: str
    form: type[Form]

    def __truediv__(self, rest: str) -> Key[Form]:
        """The key, or prefix, that goes on with ``rest``."""
        return Key(self.text + rest, self.form)


BATCHES = Key("batch#", BatchRecord)
LANDINGS = Key("object#", Landing)
WATERMARKS = Key("source#", Watermark)
JOINED = Key("joined#", Joined)
OUTCOMES = Key("outcomes", Outcomes)
MATERIALIZED = Key("materialized#", Materialized)
READINESS = Key("readiness", Readiness)
DECISIONS = Key("decision#", Decision)
WAITING = Key("waiting#", WaitingOccasion)
RUNS = Key("run#", Run)
RETRAINING_LEASE = Key("lease#retraining", RetrainingLease)
ROLLOUT_LEASE = Key("lease#rollout", RolloutLease)
NEXT_ROLLOUT = Key("next_rollout", NextRollout)
APPROVAL = Key("approval", Approval)
ROUTING = Key("routing", Routing)
REGISTRY_NOTES = Key("registry_note#", RegistryNote)
DRIFT_VERDICTS = Key("verdict#drift#", DriftVerdict)
PERFORMANCE_VERDICTS = Key("verdict#performance#", PerformanceVerdict)

AREAS: Mapping[str, Area] = {
    BATCHES.text: "data",
    LANDINGS.text: "data",
    WATERMARKS.text: "data",
    JOINED.text: "features",
    OUTCOMES.text: "features",
    MATERIALIZED.text: "retraining",
    READINESS.text: "retraining",
    DECISIONS.text: "retraining",
    WAITING.text: "retraining",
    RUNS.text: "retraining",
    RETRAINING_LEASE.text: "retraining",
    ROLLOUT_LEASE.text: "serving",
    NEXT_ROLLOUT.text: "serving",
    APPROVAL.text: "serving",
    ROUTING.text: "serving",
    REGISTRY_NOTES.text: "serving",
    DRIFT_VERDICTS.text: "monitoring",
    PERFORMANCE_VERDICTS.text: "monitoring",
}


def batches(dataset: str) -> Key[BatchRecord]:
    """All batches of a data set."""
    return BATCHES / f"{dataset}#"


def batch(dataset: str, batch_id: str) -> Key[BatchRecord]:
    """A batch in the ledger."""
    return batches(dataset) / batch_id


def landings(dataset: str) -> Key[Landing]:
    """All landing keys of a data set."""
    return LANDINGS / f"{dataset}#"


def landing(dataset: str, key: str) -> Key[Landing]:
    """Which batches a key of the landing bucket holds."""
    return landings(dataset) / key


def materialized(dataset: str) -> Key[Materialized]:
    """All batches of a data set whose features can be read online."""
    return MATERIALIZED / f"{dataset}#"


def joined(dataset: str) -> Key[Joined]:
    """All batches of events, or of labels, whose rows may stand online."""
    return JOINED / f"{dataset}#"
