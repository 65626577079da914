"""The reference of the model that serves, read when it is first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ghosteam.aws.digests import verified_json
from ghosteam.aws.objects import Objects
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.slot import Slot
from ghosteam.undetermined import Undetermined

NOT_ON_RECORD = Undetermined(
    "the model's reference has no digest on record; retrain to have one that has"
)


@dataclass(frozen=True)
class ChampionReference:
    """What the ``champion`` is compared with."""

    champion: Slot
    artifacts: Objects

    @cached_property
    def found(self) -> DriftReference | Undetermined:
        """The reference as it was put on record, in the present form. Raises Defect when it was
        changed since.
        """
        champion = self.champion
        if not champion.digests:
            return NOT_ON_RECORD
        digest = champion.digests["reference"]
        return DriftReference.from_json(
            verified_json(self.artifacts, champion.reference_key, digest)
        )
