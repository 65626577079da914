"""Use case: folders were deployed; bring what was made by earlier definitions up to date.

Each problem's change is planned against the definition that is in force (the same plan that
``ghosteam plan`` shows), its work is put on the queues where files of all days go, and then the new
definition is in force. Whatever is done already is left alone by the steps that do it, so a
repetition, also after a death between any two lines, does no harm.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.champion import champion_of
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import batch_events, keys, state_keys
from ghosteam.documents.change import Change
from ghosteam.documents.event import Event
from ghosteam.documents.published_definition import PublishedDefinition
from ghosteam.documents.published_problems import PublishedProblems
from ghosteam.features.views import sources_of, views_of
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import Folder, Held, plan_change
from ghosteam.runtime.observability import logger

_TOLD = 200
"""Characters of the differences that an event carries."""


@dataclass(frozen=True)
class Publishing:
    """What publishing reads and writes."""

    state: StateTable
    artifacts: Objects
    bus: Bus


def publish_definition(folder: Folder, publishing: Publishing, *, now: datetime) -> Change | None:
    """Carry out what a folder's change makes necessary. None: it is in force already.

    Raises:
        NotFound: the definition that is in force is not kept any more.
    """
    state, name = publishing.state, folder.problem.problem
    definition = written(folder.problem)
    digest = digest_of(definition)
    known = state.find(name, state_keys.PUBLISHED)
    if known and (known.definition, known.code) == (digest, folder.code):
        if not known.told:
            newest = list(state.list(name, state_keys.CHANGES))[-1].data
            _tell(newest, known, publishing)
        return None
    change = planned(folder, publishing, now=now)
    publishing.artifacts.put_json(keys.definition(name, digest), definition)
    state.put(name, state_keys.CHANGES / now.isoformat(), change)
    publishing.bus.publish_all(_work(change, folder.problem, BatchLedger(state)))
    in_force = PublishedDefinition(definition=digest, code=folder.code, at=now, told=False)
    state.put(name, state_keys.PUBLISHED, in_force)
    _tell(change, in_force, publishing)
    logger.info("definition published", extra={"problem": name, "change": change.to_json()})
    return change


def planned(folder: Folder, publishing: Publishing, *, now: datetime) -> Change:
    """What publishing the folder would do. Raises NotFound as :func:`publish_definition` does."""
    state, name = publishing.state, folder.problem.problem
    return plan_change(
        name,
        _in_force(name, publishing),
        folder,
        held=held_by(folder.problem, BatchLedger(state)),
        serves=champion_of(state, name) is not None,
        now=now,
    )


def _in_force(name: str, publishing: Publishing) -> Folder | None:
    known = publishing.state.find(name, state_keys.PUBLISHED)
    if known is None:
        return None
    document = publishing.artifacts.get_json(keys.definition(name, known.definition))
    return Folder(read(document), known.code)


def held_by(problem: Problem, ledger: BatchLedger) -> dict[str, Held]:
    """What there is of each data set: batches that were let in or refused."""
    held = {}
    for name in problem.datasets:
        batches = [one for one in ledger.all(problem.problem, name) if one.status != "ingesting"]
        held[name] = Held(len(batches), sum(batch.rows for batch in batches))
    return held


def _work(change: Change, problem: Problem, ledger: BatchLedger) -> Iterator[Event]:
    """What puts the stages' work on the queues, each batch once."""
    name = problem.problem
    stages = [stage for stage in change.stages if stage.skipped is None]
    read_again = [stage.subject for stage in stages if stage.kind == "read"]
    for dataset in read_again:
        yield from map(batch_events.read_again, ledger.all(name, dataset))
    for stage in stages:
        # What is read again is validated again by itself.
        if stage.kind == "validate" and stage.subject not in read_again:
            for record in ledger.all(name, stage.subject):
                yield batch_events.ingested(record, record.source.key)
    views = {view.name: view for view in views_of(problem)}
    rebuilt = [views[stage.subject] for stage in stages if stage.kind == "rebuild"]
    validated = {stage.subject for stage in stages if stage.kind == "validate"}
    for dataset in dict.fromkeys(name for view in rebuilt for name in sources_of(problem, view)):
        # What is validated again is rebuilt by that.
        if dataset not in validated:
            # Those that count no more too: the rows may have been left alone since they did.
            had_rows = (one for one in ledger.all(name, dataset) if one.had_rows)
            yield from map(batch_events.validated, had_rows)


def _tell(change: Change, published: PublishedDefinition, publishing: Publishing) -> None:
    """Ask for a model of the new definition. It is in force by now, so that whoever decides sees
    which batches are made anew.
    """
    if any(stage.kind == "retrain" and stage.skipped is None for stage in change.stages):
        told = "; ".join(change.differences)
        at = change.at.isoformat()
        ids = {"definition": change.after, "at": at, "changed": told[:_TOLD]}
        publishing.bus.publish(Event("DefinitionChanged", change.problem, ids))
    publishing.state.put(change.problem, state_keys.PUBLISHED, replace(published, told=True))


def publish_all(
    folders: Mapping[str, Folder], publishing: Publishing, *, now: datetime
) -> list[Change]:
    """All folders of a deployment, and the removal of those that are none of it any more; returns
    the changes.
    """
    changes = [publish_definition(folder, publishing, now=now) for folder in folders.values()]
    for change in withdrawn(folders, publishing, now=now):
        publishing.state.put(change.problem, state_keys.CHANGES / now.isoformat(), change)
        if known := publishing.state.get(change.problem, state_keys.PUBLISHED):
            publishing.state.delete(change.problem, known)
        publishing.bus.publish(Event("ProblemWithdrawn", change.problem))
        changes.append(change)
    names = PublishedProblems(tuple(sorted(folders)))
    publishing.state.put(state_keys.EVERY_PROBLEM, state_keys.PUBLISHED_PROBLEMS, names)
    return [change for change in changes if change is not None]


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
