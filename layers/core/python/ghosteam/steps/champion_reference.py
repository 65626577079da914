"""The reference of the model that serves, read when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ghosteam.aws.digests import verified_json
from ghosteam.aws.objects import Objects
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
    def found(self) -> Mapping[str, Any] | Undetermined:
        """The reference as it was put on record. Raises Defect when it was changed since."""
        champion = self.champion
        if not champion.digests:
            return NOT_ON_RECORD
        found: Mapping[str, Any] = verified_json(
            self.artifacts, champion.reference_key, champion.digests["reference"]
        )
        return found
