"""Everything that files say about a problem, put together."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from cli.column_statistics import ends
from cli.infer.calendar import CalendarFeature, calendar_features
from cli.infer.column import InferredColumn
from cli.infer.datasets import FoundDataset
from cli.infer.date_parts import part_of_date
from cli.infer.event_time import TimeGuess, guess_time
from cli.infer.facts import Facts, guess_facts
from cli.infer.features import choose_features, nothing_left
from cli.infer.finding import Inference
from cli.infer.guessed import Guess, GuessRequest, needed_columns
from cli.infer.identity import Identity, guess_identity
from cli.infer.joins import InferredLookup, guess_lookup
from cli.infer.key_names import with_names_of_events
from cli.infer.leaks import suspects
from cli.infer.lengths import lengths_of, lengths_without_time
from cli.infer.row_ids import described, with_row_ids
from cli.infer.target import guess_target
from cli.infer.typed import as_text, typed
from cli.infer.windows import groups_of, guess_windows
from ghosteam.data.derive import time_column
from ghosteam.errors import InvalidInput
from ghosteam.problem.timeexpr import parse_time_expression
from ghosteam.tasks.task import TASKS

_MOST_TYPED = 500_000


def guess_problem(sources: Sequence[FoundDataset], asked: GuessRequest) -> Guess:
    """Guess everything.

    Raises:
        InvalidInput: there is no such target or time, or nothing can be predicted from it.
    """
    events, target_column = _events(sources, asked.target)
    sources = _of_one_type(with_names_of_events(sources, events), events)
    events = next(source for source in sources if source.name == events.name)
    others_names = {*events.described} - {target_column}
    found_target = events.described[target_column]
    target = guess_target(found_target, task=asked.task, taken=others_names)
    columns = {**events.described, target_column: target.column}
    rows = typed(events.rows.head(_MOST_TYPED), columns)
    _check_read(events, asked)
    time = _time(rows, columns, target_column, asked=_renamed(asked.time, events))
    outcome = TASKS.find(target.task).outcomes(target.told(rows[target_column]), target.classes)
    kept = _kept(asked.keep, events)
    late, late_told = suspects(
        rows, outcome, columns, target, event_time=time.expression, kept=kept
    )
    late = {name: why for name, why in late.items() if name not in time.columns}
    without = {target_column, *late}
    identity = guess_identity(rows, columns, time=time.columns, without=without)
    findings = [*events.findings, *target.findings, *time.findings, *identity.findings, *late_told]
    if identity.added:
        (added,) = identity.id
        columns = {added: described(added, events.rows.height), **columns}
    others = [source for source in sources if source.name != events.name]
    names = [*columns, *(source.name for source in sources)]
    lookups, facts, found = _others(others, rows, columns, time, without, names)
    findings += found
    # A column is not looked for among features when it names a row that has another entity.
    named = [name for name in identity.named_by if not _is_entity(name, identity, columns)]
    unread = set(time.columns) - _parts_read(time, columns)
    taken = {target_column, *late, *named, *unread, *events.written.unread}
    chosen = choose_features(
        rows,
        {n: c for n, c in columns.items() if n in rows.columns},
        taken=taken,
        time=time.columns,
    )
    findings += chosen.findings
    others_are = bool(chosen.features or lookups or facts)
    if identity.added:
        needed = needed_columns(identity, time, target, late, chosen, lookups, facts)
        rows = with_row_ids(rows, identity.id[0], events, needed)
    known = rows.filter(outcome.is_not_null())
    windows = tuple(window for one in facts.values() for window in one.windows)
    calendar: dict[str, CalendarFeature] = {}
    if time.timed:
        moments = rows.select(time_column(parse_time_expression(time.expression)).alias("t"))["t"]
        both = outcome.is_not_null() & moments.is_not_null()
        known, times = rows.filter(both), moments.filter(both)
        _check_times(times, time)
        lengths = lengths_of(times, time.step)
        calendar, of_calendar = calendar_features(
            times,
            outcome.filter(both),
            step=time.step,
            numbers=target.task == "regression",
            features=chosen.features,
            taken=[*names, *(window.name for window in windows)],
            alone=not others_are,
        )
        findings += of_calendar
        if time.step <= timedelta(days=1):
            about = [name for name in identity.columns if name not in time.columns]
            own, told = guess_windows(
                times,
                known,
                columns,
                groups=groups_of(about, chosen.features, columns),
                target=target,
                taken=[*names, *calendar, *(window.name for window in windows)],
            )
            windows, findings = (*own, *windows), [*findings, *told]
    else:
        lengths = lengths_without_time(known, identity.id)
    if not (others_are or calendar):
        raise nothing_left(chosen, late)
    findings += lengths.findings
    spread = outcome.drop_nulls().std()
    return Guess(
        asked=asked,
        events=replace(events, described=columns),
        sources={source.name: source for source in others if source.name in {*lookups, *facts}},
        target=target,
        time=time,
        identity=identity,
        late=late,
        chosen=chosen,
        lookups=lookups,
        facts=facts,
        windows=windows,
        calendar=calendar,
        lengths=lengths,
        bounds=_bounds(rows, columns),
        scale=float(spread) if isinstance(spread, float) else 1.0,
        rows=known.height,
        findings=tuple(findings),
    )


def _events(sources: Sequence[FoundDataset], target: str) -> tuple[FoundDataset, str]:
    """The data set that has the target, and how the column is called there."""
    having = [
        (source, name)
        for source in sources
        if (name := _renamed(target, source)) in source.described
    ]
    if not having:
        known = [name for source in sources for name in source.described]
        near = difflib.get_close_matches(target, known, n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else f"Columns are {', '.join(known)}"
        raise InvalidInput(
            f"There is no column {target!r}", where={"option": "--target"}, remedy=remedy
        )
    source, name = max(having, key=lambda one: one[0].rows.height)
    assert name is not None
    return source, name


def _kept(names: Sequence[str], events: FoundDataset) -> set[str]:
    kept = {_renamed(name, events) or name for name in names}
    if unknown := sorted(kept - {*events.described}):
        raise InvalidInput(
            f"There is no column {unknown[0]!r} in {events.name}",
            where={"option": "--keep"},
            remedy=f"Columns are {', '.join(events.described)}",
        )
    return kept


def _time(
    rows: pl.DataFrame, columns: Mapping[str, InferredColumn], target: str, *, asked: str | None
) -> TimeGuess:
    """What is predicted is no time at which that is asked."""
    if asked is None:
        others = {name: column for name, column in columns.items() if name != target}
        return guess_time(rows, others)
    time = guess_time(rows, columns, asked=asked)
    if target in time.columns:
        raise InvalidInput(
            f"{target!r} is to be predicted, so it cannot tell when that is asked",
            where={"option": "--time"},
            remedy="Name another column, or say --time none",
        )
    return time


def _renamed(name: str | None, source: FoundDataset) -> str | None:
    """A column that had a name of the project's own has another now."""
    return next((new for new, old in source.names.items() if old == name), name)


def _of_one_type(sources: Sequence[FoundDataset], events: FoundDataset) -> list[FoundDataset]:
    """A column that is text in one file and whole numbers in another is text in both."""
    texts = {
        name
        for source in sources
        for name, found in source.described.items()
        if name in events.described
        and {found.type, events.described[name].type} == {"string", "integer"}
    }
    return [replace(s, described=as_text(s.described, texts)) for s in sources]


def _check_read(events: FoundDataset, asked: GuessRequest) -> None:
    unread = events.written.unread
    if asked.time is not None and asked.time in unread:
        found = unread[asked.time]
        raise InvalidInput(
            f"{asked.time!r} holds dates such as {found.example}, {found.why}",
            where={"option": "--time"},
            remedy="Do so, or name another time with --time",
        )


def _check_times(times: pl.Series, time: TimeGuess) -> None:
    if times.n_unique() < 2:
        raise InvalidInput(
            f"All rows with an outcome have one time: {time.expression}",
            where={"rows": times.len()},
            remedy="Name another time with --time, or say --time none",
        )


def _others(
    others: Sequence[FoundDataset],
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    time: TimeGuess,
    without: set[str],
    taken: Sequence[str],
) -> tuple[dict[str, InferredLookup], dict[str, Facts], list[Inference]]:
    lookups: dict[str, InferredLookup] = {}
    facts: dict[str, Facts] = {}
    findings: list[Inference] = []
    late = sorted(without)
    for source in others:
        own = typed(source.rows.head(_MOST_TYPED), source.described)
        both = (source.name, own, source.described, rows, columns)
        found = guess_lookup(*both, timed=time.timed, without=late)
        if isinstance(found, Inference):
            named = [*taken, *(window.name for one in facts.values() for window in one.windows)]
            counted = guess_facts(*both, without=late, taken=named) if time.timed else None
            if counted is None:
                findings.append(found)
                continue
            facts[source.name] = counted
            findings += [*source.findings, *counted.findings]
            continue
        findings += [*source.findings, *found.findings]
        if found.features:
            lookups[source.name] = found
        else:
            findings.append(
                Inference(source.name, "not used: it holds nothing to learn from", "sure")
            )
    return lookups, facts, findings


def _is_entity(name: str, identity: Identity, columns: Mapping[str, InferredColumn]) -> bool:
    """Whether a column names what events are about and may be learned from, as it comes often."""
    return (
        name in identity.columns
        and name not in identity.id
        and columns[name].type == "string"
        and columns[name].distinct * 5 <= columns[name].rows
    )


def _parts_read(time: TimeGuess, columns: Mapping[str, InferredColumn]) -> set[str]:
    """Whole numbers that the event time is made of, and names of months: these, and an hour, say
    something.
    """
    return {
        name
        for name in time.columns
        if columns[name].type == "integer" or part_of_date(name) == "month"
    }


def _bounds(
    rows: pl.DataFrame, columns: Mapping[str, InferredColumn]
) -> dict[str, tuple[datetime, datetime]]:
    """Earliest and latest value of each column of times."""
    found = {}
    for name, column in columns.items():
        if column.type == "timestamp" and name in rows.columns and rows[name].count():
            found[name] = ends(rows[name])
    return found
