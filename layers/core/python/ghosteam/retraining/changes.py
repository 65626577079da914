"""What a changed folder makes necessary, decided once: the stages that ``ghosteam plan`` shows are
those that a deployment carries out.

Each stage follows from a digest that differs, see :mod:`ghosteam.problem.hashes`: what is made
alike by both definitions is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ghosteam.documents.change import Change, Stage
from ghosteam.features.views import sources_of, views_of
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.differences import differences
from ghosteam.problem.durations import format_duration
from ghosteam.problem.hashes import contract_hash, reading_hash, training_hash, values_hash
from ghosteam.problem.spec import Problem
from ghosteam.retraining.cost import PROCESSING_MINUTES, START_MINUTES, estimated_usd

ROWS_A_MINUTE = 1_000_000
"""Rows that are read, validated or materialized in a minute; an assumption, of the slow side."""
USD_PER_GB_SECOND = 0.0000166667
"""Price of a Lambda function's memory and time in us-east-1; compare it with your region's."""
_MEMORY_GB = 3.0
_TRIGGER = "definition"
_KEPT = "landed files, lake, log and models stay, and make it anew when the folder comes back"
_NEW_VIEW = "no row of it was made in this way"
_BY_OTHERS = "batches may have been made by a folder that is not in force"
_BY_VALIDATION = "the batches that are validated again bring it up to date"


@dataclass(frozen=True)
class DatasetSize:
    """What there is of a data set: batches that a change would work on, and their rows."""

    batches: int
    rows: int


@dataclass(frozen=True)
class Folder:
    """A problem as a folder has it. ``code``: digest of its contract code."""

    problem: Problem
    code: str = ""


def plan_change(
    name: str,
    before: Folder | None,
    after: Folder | None,
    *,
    held: Mapping[str, DatasetSize],
    serves: bool,
    now: datetime,
    also: Sequence[Folder] = (),
) -> Change:
    """The change from one folder of the problem ``name`` to another; None: there is none.

    ``held`` by data set: what is there; ``serves``: whether a model answers; ``also``: folders by
    which batches may have been made, beside those of ``before``.
    """
    stages: tuple[Stage, ...] = ()
    told: tuple[str, ...] = ()
    if after is None:
        stages = _removal(name, serves=serves)
    elif before is None:
        told = ("the problem is new",)
        stages = tuple(_first_rows(after.problem, held))
    else:
        told = differences(before.problem, after.problem)
        if before.code != after.code:
            told = (*told, "the contract's code was changed")
        stages = tuple(_stages(before, after, held, serves=serves))
    if after is not None and also:
        told = (*told, _BY_OTHERS)
        for folder in also:
            stages = _with(stages, _made(folder, after, held))
    return Change(
        problem=name,
        before=_digest(before),
        after=_digest(after),
        differences=told,
        stages=stages,
        at=now,
    )


def _digest(folder: Folder | None) -> str | None:
    return None if folder is None else digest_of(written(folder.problem))


def _removal(name: str, *, serves: bool) -> tuple[Stage, ...]:
    why = "its folder is gone"
    nothing = None if serves else "no model serves it"
    return (
        Stage(kind="retire", subject=name, why=why, skipped=nothing),
        Stage(kind="remove", subject=name, why=f"{why}; {_KEPT}"),
    )


def _stages(
    before: Folder, after: Folder, held: Mapping[str, DatasetSize], *, serves: bool
) -> Iterator[Stage]:
    yield from _made(before, after, held)
    yield _retraining(before.problem, after.problem, serves=serves)
    yield _for_callers(before.problem, after.problem, serves=serves)


def _with(stages: Sequence[Stage], more: Iterable[Stage]) -> tuple[Stage, ...]:
    """Each stage once: carried out where one of both is."""
    together = {(stage.kind, stage.subject): stage for stage in more}
    for stage in stages:
        about = (stage.kind, stage.subject)
        if about not in together or stage.skipped is None:
            together[about] = stage
    return tuple(together.values())


def _made(before: Folder, after: Folder, held: Mapping[str, DatasetSize]) -> Iterator[Stage]:
    """What of the batches is made anew."""
    old, new = before.problem, after.problem
    validated = set[str]()
    for name, dataset in new.datasets.items():
        if name not in old.datasets:
            continue
        read = reading_hash(old.datasets[name]) != reading_hash(dataset)
        if read:
            yield _worked_on("read", name, "columns are read in another way", held)
        if read or contract_hash(old, name, before.code) != contract_hash(new, name, after.code):
            validated.add(name)
            yield _worked_on("validate", name, "other rows may satisfy its contract", held)
    known = {(view.name, view.version) for view in views_of(old)}
    there = {name for name, found in held.items() if found.batches}
    for view in views_of(new):
        sources = sources_of(new, view)
        is_new = (view.name, view.version) not in known
        left = [name for name in sources if is_new and name in there and name not in validated]
        if is_new or not validated.isdisjoint(sources):
            why = _NEW_VIEW if is_new else "its rows may change"
            stage = _worked_on("rebuild", view.name, why, held, left or sources)
            if not left and stage.skipped is None:
                stage = replace(stage, minutes=0.0, usd=0.0, skipped=_BY_VALIDATION)
            yield stage


def _first_rows(problem: Problem, held: Mapping[str, DatasetSize]) -> Iterator[Stage]:
    """Files may have been there before their definition was on record."""
    for view in views_of(problem):
        stage = _worked_on("rebuild", view.name, _NEW_VIEW, held, sources_of(problem, view))
        if stage.batches:
            yield stage


def _worked_on(
    kind: str, subject: str, why: str, held: Mapping[str, DatasetSize], sources: Sequence[str] = ()
) -> Stage:
    found = [held.get(name, DatasetSize(0, 0)) for name in sources or (subject,)]
    batches, rows = sum(one.batches for one in found), sum(one.rows for one in found)
    minutes = rows / ROWS_A_MINUTE
    return Stage(
        kind=kind,  # type: ignore[arg-type]
        subject=subject,
        why=why,
        batches=batches,
        rows=rows,
        minutes=round(minutes, 1),
        usd=round(minutes * 60 * _MEMORY_GB * USD_PER_GB_SECOND, 4),
        skipped=None if batches else "there are no batches yet",
    )


def _longer_holdout(old: Problem, new: Problem) -> str:
    """By how much it became longer, in words; empty where it did not, or is a share."""
    if not (old.timed and new.timed):
        return ""
    more = new.held_out_length.longest - old.held_out_length.longest
    return format_duration(more) if more > timedelta() else ""


def _retraining(old: Problem, new: Problem, *, serves: bool) -> Stage:
    same = training_hash(old) == training_hash(new)
    later = "; what else was changed takes effect with the next run or rollout"
    if longer := _longer_holdout(old, new):
        later += f", a longer hold-out once outcomes reach {longer} further than the champion's"
    stage = Stage(
        kind="retrain",
        subject=new.problem,
        why="a model learns by the new definition, and goes through the gates and the rollout",
        minutes=PROCESSING_MINUTES + new.model.minutes + 3 * START_MINUTES,
        usd=round(estimated_usd(new.model), 2),
    )
    if same:
        skipped = "features, outcomes and what they come from are the same"
        skipped += later if written(old) != written(new) else ""
        return replace(stage, minutes=0.0, usd=0.0, skipped=skipped)
    if _TRIGGER not in new.retrain.on:
        skipped = f"retrain.on does not name {_TRIGGER!r}"
        return replace(stage, minutes=0.0, usd=0.0, skipped=skipped)
    if not serves:
        skipped = "no model serves yet: the first run starts when the data are ready"
        return replace(stage, minutes=0.0, usd=0.0, skipped=skipped)
    return stage


def _values(dataset: Dataset, column: str) -> tuple[str, tuple[str, ...]]:
    """What a request may hold for a column, and what is null there."""
    return values_hash(dataset.columns[column]), dataset.null_markers(column)


def _for_callers(old: Problem, new: Problem, *, serves: bool) -> Stage:
    was, now = (dict.fromkeys(problem.request_columns) for problem in (old, new))
    added = [name for name in now if name not in was]
    removed = [name for name in was if name not in now]
    retyped = [
        name
        for name in now
        if name in was and _values(old.events, name) != _values(new.events, name)
    ]
    told = [
        f"send {', '.join(added)} before the new model serves alone; until then it may be left out"
        if added
        else "",
        f"{', '.join(removed)} may be left out now; the old model takes null for it"
        if removed
        else "",
        f"{', '.join(retyped)}: old and new values are taken until the new model serves alone"
        if retyped
        else "",
    ]
    why = "; ".join(part for part in told if part)
    stage = Stage(kind="callers", subject=new.problem, why=why or "requests stay as they are")
    if not why:
        return replace(stage, skipped="requests stay as they are")
    return stage if serves else replace(stage, skipped="no model serves yet")
