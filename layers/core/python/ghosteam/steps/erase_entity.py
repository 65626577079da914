"""Use case: somebody asks that the rows of an entity go, from everywhere.

A pass goes through every place and takes out what it may. What is still needed by something that
is at work is left and named: the next pass finds it again. So a pass that was killed anywhere is
simply done again, and an erasure is over when a pass has nothing to leave.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ghosteam.documents import state_keys
from ghosteam.documents.erasure import Erasure, Removed
from ghosteam.steps.erase_batches import erase_batches
from ghosteam.steps.erase_landing import erase_landing
from ghosteam.steps.erase_log import erase_log
from ghosteam.steps.erase_online import erase_online
from ghosteam.steps.erase_runs import erase_runs
from ghosteam.steps.erase_scoring import erase_scoring
from ghosteam.steps.erasing import Erasing

PLACES: tuple[Callable[[Erasing], None], ...] = (
    erase_runs,
    erase_online,
    erase_landing,
    erase_batches,
    erase_scoring,
    erase_log,
)
"""In this order: runs say which models learned from rows, before the rows have gone."""


def erase_entity(erasing: Erasing, *, asked_by: str) -> Erasure:
    """One pass. Returns what this pass found; the record in the state table has what all did.

    ``removed`` of a dry run is what would be, as far as nothing has to be waited for.
    """
    found = erasing.found
    erasure = Erasure(
        subject=erasing.subject.identity,
        columns=tuple(sorted(erasing.subject.values)),
        asked_by=asked_by,
        asked_at=erasing.now,
    )
    if not erasing.dry_run:
        key = state_keys.ERASURES / erasure.subject
        erasing.state.update(erasing.name, key, lambda known: _again(known, erasure))
    for place in PLACES:
        before = dict(found.removed)
        place(erasing)
        erasing.note(partial(_added, now=found.removed, before=before))
    _look_for_names(erasing)
    told = replace(
        erasure,
        removed={place: one for place, one in found.removed.items() if one != Removed()},
        models=tuple(found.models),
        waiting=tuple(erasing.subject.without(text)[1] for text in found.waiting),
        kept=tuple(erasing.subject.without(text)[1] for text in found.kept),
        finished_at=None if found.waiting or erasing.dry_run else erasing.now,
    )
    erasing.note(
        lambda known: replace(
            known, waiting=told.waiting, kept=told.kept, finished_at=told.finished_at
        )
    )
    return told


def _again(known: Erasure | None, asked: Erasure) -> Erasure:
    if known is None:
        return asked
    return replace(known, asked_by=asked.asked_by, asked_at=asked.asked_at, finished_at=None)


def _added(known: Erasure, now: dict[str, Removed], before: dict[str, Removed]) -> Erasure:
    removed = dict(known.removed)
    for place, one in now.items():
        had = before.get(place, Removed())
        new = Removed(one.rows - had.rows, one.objects - had.objects)
        if new != Removed():
            removed[place] = removed.get(place, Removed()) + new
    return replace(known, removed=removed)


def _look_for_names(erasing: Erasing) -> None:
    """Documents of the state hold no rows, but names of files, which may name an entity."""
    for prefix in state_keys.AREAS:
        every = state_keys.Key(prefix, state_keys.FORMS[prefix])
        count = sum(
            erasing.subject.is_in_text(f"{one.key.text} {json.dumps(one.data.to_json())}")
            for one in erasing.state.list(erasing.name, every)
        )
        if count:
            erasing.found.kept.append(f"{count} documents {prefix}… have a name with its value")
