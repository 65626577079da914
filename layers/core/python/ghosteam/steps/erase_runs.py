"""Erase from what runs made, and from what notebooks read.

A file of a run that is on record by its digest gets another digest, on record before the file is
written: readers find what they are told of, or, for a moment, are told to wait by a check that
fails. That it was an erasure stands among the run's notes. A model is not made to forget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from ghosteam.aws.runs import update_run
from ghosteam.documents import keys, state_keys
from ghosteam.documents.digests import Digests
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.steps.erasing import Erasing

_OF_MODELS = ("/models/", "/refitted/", "/mlflow_model/")
NOTE = "rows of an erased entity were taken out of files of this run, whose digests changed"


def erase_runs(erasing: Erasing) -> None:
    """Runs that are at work are left for the next pass."""
    erasing.tell("runs")
    at_work = set()
    for document in erasing.state.list(erasing.name, state_keys.RUNS):
        if document.data.status == "running":
            at_work.add(document.data.run_id)
            erasing.found.waiting.append(f"a run is at work: {document.data.run_id}")
    prefix = keys.run_prefix(erasing.name, "")

    def is_wanted(key: str) -> bool:
        run_id = key.removeprefix(prefix).partition("/")[0]
        if any(part in key for part in _OF_MODELS) or run_id in at_work:
            return False
        return key != keys.digests(erasing.name, run_id)

    def note(key: str, body: bytes) -> None:
        run_id = key.removeprefix(prefix).partition("/")[0]
        _put_on_record(erasing, run_id, {key: hashlib.sha256(body).hexdigest()})

    rows = [name for name in keys.TRAINING_SET_FILES if name.endswith(".parquet")]
    learned_from = tuple(f"/{name}" for name in (*rows, keys.SINCE))
    for versions in erasing.artifacts.versions(prefix):
        key = versions[0].key
        if key.endswith(learned_from) and is_wanted(key):
            body = erasing.artifacts.read(versions[0])
            if body and erasing.left(key, body).rows:
                erasing.learned(key.removeprefix(prefix).partition("/")[0])
    erasing.clean(erasing.artifacts, prefix, "training sets", before=note, only=is_wanted)
    erasing.clean(erasing.artifacts, f"{keys.feast_sources(erasing.name)}/", "Feast's sources")
    erasing.clean(erasing.artifacts, keys.reports(erasing.name), "reports")


def _put_on_record(erasing: Erasing, run_id: str, found: Mapping[str, str]) -> None:
    """Digests take the place of those that are on record; what is not on record stays so."""

    def change(run: Run) -> Run:
        known = {key: digest for key, digest in found.items() if key in run.digests}
        notes = run.notes if NOTE in run.notes or not known else (*run.notes, NOTE)
        return replace(run, digests={**run.digests, **known}, notes=notes)

    key = state_keys.RUNS / run_id
    if erasing.state.find(erasing.name, key) is None:
        return
    digests = update_run(erasing.state, erasing.name, run_id, change).digests
    if digests:
        erasing.artifacts.put_json(keys.digests(erasing.name, run_id), Digests(digests).to_json())
    named = {
        "train": keys.training_rows(erasing.name, run_id),
        "reference": keys.reference(erasing.name, run_id),
    }
    by_name = {name: digests[key] for name, key in named.items() if key in digests}

    def serve(routing: Routing) -> Routing:
        slots = {}
        for role in ("champion", "challenger", "replaced"):
            slot = getattr(routing, role)
            if slot and slot.run_id == run_id:
                known = {name: by_name[name] for name in slot.digests if name in by_name}
                slots[role] = replace(slot, digests={**slot.digests, **known})
        return replace(routing, **slots)

    erasing.state.amend(erasing.name, state_keys.ROUTING, serve)
