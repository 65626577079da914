"""A run's plan: what the jobs of one run read, decided once and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.run import RunReason
from ghosteam.documents.slot import Slot
from ghosteam.documents.stored import Moment, Stored
from ghosteam.json_object import JsonObject


@dataclass(frozen=True, kw_only=True)
class Plan(Stored):
    """Training events lie in ``[train_start, holdout_start)``, the hold-out's in ``[holdout_start,
    holdout_end]``: it holds the newest event. ``parts``: lake keys a data set, in landed order.
    ``available_at``: since when the features of a batch, ``<data set>/<batch id>``, could be read
    online, where that is on record. ``history``: where the problem, or what the champion learned
    by, goes by that clock, lake keys a data set, in landed order, of ``parts`` and of what counted
    at their landing keys before; else empty. ``champion``: what served when the run began.
    ``definition``: the problem as it was then, see :mod:`ghosteam.problem.definition`; null in a
    plan of the first releases. ``champion_definition``: the problem as the champion learned it,
    where a training set of it is another, and ``champion_parts`` what that is made of; null where
    it is the same.
    """

    kind: ClassVar[str] = "plan"
    schema_version: ClassVar[int] = 5

    problem: str
    run_id: str
    reason: RunReason
    as_of: Moment
    train_start: Moment
    holdout_start: Moment
    holdout_end: Moment
    parts: Mapping[str, tuple[str, ...]]
    lake_bucket: str
    artifact_bucket: str
    online_prefix: str
    champion: Slot | None
    definition: JsonObject | None = None
    champion_definition: JsonObject | None = None
    champion_parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    available_at: Mapping[str, Moment] = field(default_factory=dict)
    history: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
