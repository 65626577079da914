"""All parts of a check, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from cli.files.landing import landing_of
from cli.files.names import files_in
from cli.files.older import check_no_recipes
from cli.problem_check.contract_run import judge, refused, told
from cli.problem_check.expressions import check_expressions
from cli.problem_check.feature_values import leaks, one_event, preview
from cli.problem_check.files import dataset_of
from cli.problem_check.local_training import told as told_of_training
from cli.problem_check.local_training import train
from cli.problem_check.specification import check_specification, fault_text
from cli.problem_check.told import Line, Tell
from cli.problem_check.training_rows import (
    TrainingRows,
    first_run,
    missing_sets,
    sources_of,
    training_rows,
)
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class Check:
    """What is asked: the problem's ``folder``, files or folders of ``data``, an ``entity`` to show,
    and for how many ``seconds`` a model is searched, 0 for none. ``scratch``: where files go that
    the loop does not read at all, written anew; ``now``: when files would land (aware).
    """

    folder: Path
    environment: str
    data: Sequence[Path]
    scratch: Path
    now: datetime
    entity: dict[str, str] | None = None
    seconds: float = 30.0


def check_problem(
    asked: Check, tell: Tell, *, progress: Callable[[str], None] = lambda _: None
) -> bool:
    """Tell all parts; False when one has a fault."""
    good = True

    def part(title: str, lines: list[Line]) -> None:
        nonlocal good
        good &= all(line.mark != "✗" for line in lines)
        tell(title, lines)

    check_no_recipes(asked.folder)
    problem, lines = check_specification(asked.folder, environment=asked.environment)
    part("Specification", lines)
    if problem is None:
        return False
    if not asked.data:
        text = "Name files to check them too: --data FILE"
        part("Files", [Line(" ", text)])
        return good
    try:
        rows, lines = check_files(asked, problem)
        part("Files", lines)
        if any(name not in rows for name in (problem.events_name, *problem.feature_datasets)):
            lacking = [n for n in problem.used_datasets if n not in rows]
            what = f"no good rows of {', '.join(lacking)}: features and a model need them"
            part("Features", [Line("!", what)])
            return good
        sources = sources_of(problem, rows)
        part("Expressions", check_expressions(sources.events, problem))
        spans, lines = first_run(problem, rows, sources.events, now=asked.now)
        part("First run", lines)
        if missing := missing_sets(problem, sources, spans):
            part("Features", missing)
            return good
        progress("joining features …")
        found = training_rows(problem, sources, spans)
        both = pl.concat([found.train, found.holdout])
        part("Features", preview(both, one_event(both, problem, asked.entity), problem))
        part("Leaks", leaks(found.train, problem))
        if asked.seconds:
            part("A model of a minute", _model(asked, problem, found, progress))
    except InvalidInput as error:
        part("Stopped", [Line("✗", fault_text(error))])
    return good


def _model(
    asked: Check, problem: Problem, rows: TrainingRows, progress: Callable[[str], None]
) -> list[Line]:
    try:
        trained = train(problem, rows, seconds=asked.seconds, progress=progress)
    except InvalidInput as error:
        return [Line("!", f"None can be made of these files. {fault_text(error)}")]
    return told_of_training(trained, rows, problem)


def check_files(asked: Check, problem: Problem) -> tuple[dict[str, pl.DataFrame], list[Line]]:
    """Good rows by data set, and what to tell of the files.

    Raises:
        InvalidInput: there are none.
    """
    found: dict[str, list[pl.DataFrame]] = {}
    lines: list[Line] = []
    for path in files_in(asked.data):
        try:
            landing = landing_of(path, asked.scratch)
            dataset = dataset_of(landing, problem)
            judged = judge(landing, dataset, problem, asked.folder, now=asked.now)
        except InvalidInput as error:
            lines.append(refused(path.name, error))
            continue
        lines += told(judged, problem)
        if landing.told:
            lines.append(Line(" ", f"lands {landing.told}"))
        if not judged.rejected(problem):
            found.setdefault(dataset, []).append(judged.good)
    return {name: pl.concat(frames) for name, frames in found.items()}, lines
