"""Use case: folders were deployed; bring what was made by earlier definitions up to date.

Each problem's change is planned against the definition that is in force (the same plan that
``ghosteam plan`` shows), its work is put on the queues where files of all days go, and then the new
definition is in force. How far that is, is on record: a repetition, also after a death between any
two lines, goes on there, and whatever is done already is left alone by the steps that do it.

A definition that is followed by another before it is in force may have made batches all the same,
and so has one whose folder was gone for a while: what the next one makes necessary is planned
against these, too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.champion import champion_of
from ghosteam.documents import keys, state_keys
from ghosteam.documents.change import Change
from ghosteam.documents.event import Event
from ghosteam.documents.published_definition import DefinitionDigests, PublishedDefinition
from ghosteam.documents.published_problems import PublishedProblems
from ghosteam.documents.rebuild import NO_FOLDER, Rebuild, with_begun
from ghosteam.errors import Conflict, Unfinished
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import DatasetSize, Folder, plan_change
from ghosteam.runtime.observability import logger
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.made_anew import Publishing, put_on_queues, steps_of

_TOLD = 200
"""Characters of the differences that an event carries."""


def publish_definition(
    folder: Folder, publishing: Publishing, *, now: datetime, more: More = without_end
) -> Change | None:
    """Carry out what a folder's change makes necessary. None: it is in force already, or another
    process is about it.

    Raises:
        NotFound: the definition that is in force is not kept any more.
        Unfinished: the turn was over before all work was on the queues; asked again, it goes on.
    """
    state, name = publishing.state, folder.problem.problem
    wanted = _digests_of(folder)
    known = state.find(name, state_keys.PUBLISHED_DEFINITION)
    rebuild = state.find(name, state_keys.REBUILD)
    if rebuild is None and known and known.digests == wanted:
        if not known.told:
            newest = list(state.list(name, state_keys.CHANGES))[-1].data
            _tell(newest, known, publishing)
        return None
    if rebuild is None or rebuild.wanted != wanted:
        rebuild = _begin(folder, rebuild, publishing, now=now)
    if not put_on_queues(name, rebuild, publishing, now=now, more=more):
        return None
    change = state.find(name, state_keys.CHANGES / rebuild.at.isoformat())
    assert change is not None
    in_force = PublishedDefinition(
        definition=wanted.definition, code=wanted.code, at=now, told=False
    )
    state.put(name, state_keys.PUBLISHED_DEFINITION, in_force)
    done = state.get(name, state_keys.REBUILD)
    if done and done.data.is_same_work(rebuild):
        with suppress(Conflict):  # who was faster did the same, or begins another change
            state.delete(name, done)
    _tell(change, in_force, publishing)
    logger.info("definition published", extra={"problem": name, "change": change.to_json()})
    return change


def _digests_of(folder: Folder) -> DefinitionDigests:
    return DefinitionDigests(digest_of(written(folder.problem)), folder.code)


def _begin(
    folder: Folder, before: Rebuild | None, publishing: Publishing, *, now: datetime
) -> Rebuild:
    """Put the work on record that follows from a folder, in place of what was begun ``before``."""
    state, name, wanted = publishing.state, folder.problem.problem, _digests_of(folder)
    change = planned(folder, publishing, now=now)
    publishing.artifacts.put_json(keys.definition(name, wanted.definition), written(folder.problem))
    state.put(name, state_keys.CHANGES / now.isoformat(), change)
    rebuild = Rebuild(
        begun=with_begun(before, wanted),
        at=now,
        moved_at=now,
        steps=steps_of(change, folder.problem),
    )
    state.put(name, state_keys.REBUILD, rebuild)
    return rebuild


def planned(folder: Folder, publishing: Publishing, *, now: datetime) -> Change:
    """What publishing the folder would do. Raises NotFound as :func:`publish_definition` does."""
    state, name = publishing.state, folder.problem.problem
    rebuild = state.find(name, state_keys.REBUILD)
    begun = rebuild.folders if rebuild else []
    return plan_change(
        name,
        _in_force(name, publishing),
        folder,
        held=held_by(folder.problem, BatchLedger(state)),
        serves=champion_of(state, name) is not None,
        now=now,
        also=[_folder(name, one, publishing) for one in begun],
    )


def _in_force(name: str, publishing: Publishing) -> Folder | None:
    known = publishing.state.find(name, state_keys.PUBLISHED_DEFINITION)
    return _folder(name, known.digests, publishing) if known else None


def _folder(name: str, digests: DefinitionDigests, publishing: Publishing) -> Folder:
    document = publishing.artifacts.get_json(keys.definition(name, digests.definition))
    return Folder(read(document), digests.code)


def held_by(problem: Problem, ledger: BatchLedger) -> dict[str, DatasetSize]:
    """What there is of each data set: batches that were let in or refused."""
    held = {}
    for name in problem.datasets:
        batches = [one for one in ledger.all(problem.problem, name) if one.status != "ingesting"]
        held[name] = DatasetSize(len(batches), sum(batch.rows for batch in batches))
    return held


def _tell(change: Change, published: PublishedDefinition, publishing: Publishing) -> None:
    """Ask for a model of the new definition. It is in force by now, so that whoever decides sees
    which batches are made anew.
    """
    if any(stage.kind == "retrain" and stage.skipped is None for stage in change.stages):
        told = "; ".join(change.differences)
        at = change.at.isoformat()
        ids = {"definition": change.after, "at": at, "changed": told[:_TOLD]}
        publishing.bus.publish(Event("DefinitionChanged", change.problem, ids))
    publishing.state.put(
        change.problem, state_keys.PUBLISHED_DEFINITION, replace(published, told=True)
    )


def publish_all(
    folders: Mapping[str, Folder],
    publishing: Publishing,
    *,
    now: datetime,
    more: More = without_end,
) -> list[Change]:
    """All folders of a deployment, and the removal of those that are none of it any more; returns
    the changes. What the turn is too short for is announced, and done by others.
    """
    changes: list[Change | None] = []
    for name, folder in folders.items():
        with suppress(Unfinished):
            if more():
                changes.append(publish_definition(folder, publishing, now=now, more=more))
                continue
        publishing.bus.publish(Event("RebuildDue", name))
    for change in withdrawn(folders, publishing, now=now):
        _withdraw(change, publishing)
        changes.append(change)
    names = PublishedProblems(tuple(sorted(folders)))
    publishing.state.put(state_keys.EVERY_PROBLEM, state_keys.PUBLISHED_PROBLEMS, names)
    return [change for change in changes if change is not None]


def _withdraw(change: Change, publishing: Publishing) -> None:
    """Take a problem's definition out of force. What it let in stays, and by which it did."""
    state, name = publishing.state, change.problem
    state.put(name, state_keys.CHANGES / change.at.isoformat(), change)
    known = state.get(name, state_keys.PUBLISHED_DEFINITION)
    in_force = [known.data.digests] if known else []
    begun = with_begun(state.find(name, state_keys.REBUILD), *in_force, NO_FOLDER)
    left = Rebuild(begun=begun, at=change.at, moved_at=change.at, steps=())
    state.put(name, state_keys.REBUILD, left)
    if known:
        state.delete(name, known)
    publishing.bus.publish(Event("ProblemWithdrawn", name))


def withdrawn(
    folders: Container[str], publishing: Publishing, *, now: datetime
) -> Iterator[Change]:
    """The removal of each problem that is in force and has no folder. Whose endpoints they are is
    found by the reconciler, which retires them.
    """
    known = publishing.state.find(state_keys.EVERY_PROBLEM, state_keys.PUBLISHED_PROBLEMS)
    for name in known.names if known else ():
        if name not in folders:
            before = _in_force(name, publishing)
            serves = champion_of(publishing.state, name) is not None
            yield plan_change(name, before, None, held={}, serves=serves, now=now)
