"""What a batch scoring did: what a reader of the predictions asks later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class ScoringModel:
    """The model that scored."""

    version: str
    run_id: str
    model_uri: str


@dataclass(frozen=True)
class ScoredRows:
    """How many rows were scored, and how many refused."""

    scored: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class ScoringManifest(Stored):
    """Which ``model`` scored which rows: those of ``source``, a file or a batch; ``parts``: every
    lake part that their features came from, by data set.
    """

    kind: ClassVar[str] = "scoring manifest"

    problem: str
    name: str
    source: str
    made_at: Moment
    model: ScoringModel
    rows: ScoredRows
    parts: Mapping[str, tuple[str, ...]]
