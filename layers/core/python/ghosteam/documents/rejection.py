"""Why a whole file was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from ghosteam.documents.batch import LandedObject
from ghosteam.documents.stored import Stored
from ghosteam.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Rejection(Stored):
    """What the ``error`` of a file says: what is wrong with it, ``where``, and what to do.
    ``faults``: each by itself, where there are several.
    """

    kind: ClassVar[str] = "rejection"

    source: LandedObject
    error: str
    message: str
    where: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    faults: tuple[Mapping[str, object], ...] = ()

    @classmethod
    def of(cls, error: InvalidInput, source: LandedObject) -> Rejection:
        """Of a file for an error."""
        return cls.from_json({"source": asdict(source), **error.as_record()})
