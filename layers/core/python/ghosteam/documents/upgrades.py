"""Every step from one form of a document to the next, in the order in which they came.

A step is never changed once a release has it: documents of all forms lie in the tables of those who
use it. A document without ``schema_version`` has form 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """``change`` makes form ``to`` of a ``kind`` out of the one before."""

    kind: str
    to: int
    change: Callable[[Body], Body]


def _endpoint_by_name(run: Body) -> Body:
    """``retire`` was ``{"endpoint_name": name}``."""
    retire = run.get("retire")
    return {**run, "retire": retire["endpoint_name"] if retire else None}


def _no_older_rows(batch: Body) -> Body:
    """The first row of a key was kept, and the later ones were quarantined."""
    return {**batch, "duplicate_rows": 0, "superseded_rows": 0}


def _no_deletions(landing: Body) -> Body:
    """Deleted objects were not heard of, and versions were not named."""
    held = [{**one, "version_id": None} for one in landing.get("held", ())]
    return {**landing, "held": held, "removed": []}


STEPS: Sequence[Step] = (
    Step("run", 2, _endpoint_by_name),
    Step("batch", 2, _no_older_rows),
    Step("landing", 2, _no_deletions),
)


def up_to_date(kind: str, found: int, wanted: int, body: Body) -> Body:
    """``body`` of a ``kind``, of form ``found``, in form ``wanted``."""
    for step in STEPS:
        if step.kind == kind and found < step.to <= wanted:
            body = step.change(body)
    return body
