"""All parts of a replay, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cli.column_statistics import ends
from cli.problem_check.check import Check, check_files
from cli.problem_check.told import Tell
from cli.replay.history import FileHistory
from cli.replay.rows import HistoryRows, rows_of
from cli.replay.told import ReplayResult
from ghosteam.errors import InvalidInput
from ghosteam.monitoring.windows import windows_ended_within
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.replay.composite import Replay
from ghosteam.retraining.replay.policies import policies
from ghosteam.retraining.replay.regret import worth_of

MOST_WINDOWS = 1_000


@dataclass(frozen=True)
class ReplayRequest:
    """What is asked: files and folders as :class:`~cli.problem_check.check.Check` has them; the
    ``names`` of policies, all where there is none; ``every``: how many windows lie between two
    runs of ``scheduled``; ``since`` and ``until`` (aware), None for all; at most so many events,
    ``most``, and ``trials`` a family; ``usd``: what a unit of value, or of the metric, is worth.
    """

    files: Check
    names: Sequence[str] = ()
    every: int = 4
    since: datetime | None = None
    until: datetime | None = None
    most: int = 30_000
    trials: int = 1
    usd: float | None = None


def replay_files(
    asked: ReplayRequest, tell: Tell, *, progress: Callable[[str], None] = lambda _: None
) -> ReplayResult:
    """Replay the history of files; ``tell`` is given what was found of these.

    Raises:
        InvalidInput: the folder is not valid, files cannot be used, events have no time, or there
            are too few rows or windows.
    """
    problem = load_problem(asked.files.folder, environment=asked.files.environment)
    price = estimated_usd(problem.model)
    chosen = policies(asked.names, every=asked.every, price=price)
    datasets, lines = check_files(asked.files, problem)
    tell("Files", lines)
    progress("joining features …")
    rows = rows_of(problem, datasets, most=asked.most, now=asked.files.now)
    history, worth = (
        FileHistory(problem, rows, asked.trials),
        worth_of(problem, asked.usd, price=price),
    )
    replay = Replay(problem, history, window_ends(problem, rows, asked), price, worth, progress)
    courses = replay.courses(chosen)
    return ReplayResult(
        problem,
        asked.files.environment,
        courses,
        price,
        worth,
        history.models,
        asked.trials,
        rows.stands_for,
    )


def window_ends(problem: Problem, rows: HistoryRows, asked: ReplayRequest) -> list[datetime]:
    """Ends of the whole windows of the events, or of those between two moments.

    Raises:
        InvalidInput: there are none, or more than 1,000.
    """
    first, last = ends(rows.events.filter(pl.col(EVENT_TIME).is_not_null())[EVENT_TIME])
    since, until = max(first, asked.since or first), min(last, asked.until or last)
    length = problem.watch.window
    found = windows_ended_within(since, until, length=length) if since < until else []
    if 1 < len(found) <= MOST_WINDOWS:
        return found
    raise InvalidInput(
        f"There are {len(found):,} ends of windows of {length} between {since:%Y-%m-%d %H:%M} and "
        f"{until:%Y-%m-%d %H:%M} UTC",
        where={"events": f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"},
        remedy=f"From 2 to {MOST_WINDOWS:,} can be replayed: change --from and --to, or give files "
        "of another time",
    )
