"""From files to the text of ``problem.yaml``, held against the grammar and against the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cli.files.date_styles import DateOrder
from cli.files.names import files_in
from cli.files.table import Table, read_table
from cli.infer.datasets import FoundDataset, sources_of
from cli.infer.finding import Inference
from cli.infer.guess import guess_problem
from cli.infer.guessed import Guess, GuessRequest
from cli.infer.ready import coverage_that_is_met
from cli.infer.typed import typed
from cli.init.write import write_problem
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem

MOST_COLUMNS = 2_000
"""As many features as watches were tried with."""


@dataclass(frozen=True)
class Made:
    """``text`` of ``problem.yaml`` and what it means, and everything that was guessed."""

    text: str
    problem: Problem
    guess: Guess

    @property
    def findings(self) -> tuple[Inference, ...]:
        """All guesses."""
        return self.guess.findings


def make_problem(
    paths: Sequence[Path], asked: GuessRequest, *, scratch: Path, first: DateOrder | None = None
) -> Made:
    """Guess a problem from files and folders. ``scratch``: a folder for files that the loop does
    not read at all.

    Raises:
        InvalidInput: a file cannot be read, or nothing can be predicted from them.
    """
    tables = [_bounded(read_table(path, scratch)) for path in files_in(paths)]
    guess = guess_problem(sources_of(tables, first=first), asked)
    problem = parse_problem(write_problem(guess))
    rows = {name: _typed(source) for name, source in _used(guess).items()}
    share = coverage_that_is_met(problem, rows, now=asked.now)
    if share is not None:
        told = f"{share:g}: fewer days than usual hold rows"
        findings = (*guess.findings, Inference("min_coverage", told, "fairly sure"))
        guess = replace(guess, min_coverage=share, findings=findings)
        problem = parse_problem(write_problem(guess))
    return Made(write_problem(guess), problem, guess)


def _bounded(table: Table) -> Table:
    found = len(table.columns)
    if found > MOST_COLUMNS:
        raise InvalidInput(
            f"The file has {found:,} columns, more than the {MOST_COLUMNS:,} of a problem",
            where={"file": table.path.name},
            remedy="Give a file of those that may say something of the outcome",
        )
    return table


def _used(guess: Guess) -> dict[str, FoundDataset]:
    return {guess.events.name: guess.events, **guess.sources}


def _typed(source: FoundDataset) -> pl.DataFrame:
    return typed(source.rows, source.described)
