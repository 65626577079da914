"""From a problem's folder and files to what it does not read yet and would gain by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl

from cli.problem_check.check import Check, check_files
from cli.problem_check.training_rows import TrainingRows, first_run, sources_of, training_rows
from cli.propose.candidates import candidates
from cli.propose.weigh import Proposal, weigh
from ghosteam.errors import InvalidInput
from ghosteam.features.split import Spans
from ghosteam.features.training_set import SourceFrames
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem

_INSTANT = timedelta(microseconds=1)
_A_FIFTH = 5
MOST_ROWS = 10_000


def propose(asked: Check, *, progress: Callable[[str], None] = lambda _: None) -> Proposal:
    """What the files of a problem offer. Of ``asked`` the ``seconds`` are those in which candidates
    are measured, one at least.

    Raises:
        InvalidInput: the folder or the files are at fault, or hold too little to learn from.
    """
    problem = load_problem(asked.folder, environment=asked.environment)
    progress("reading files …")
    rows, lines = check_files(asked, problem) if asked.data else ({}, [])
    lacking = [name for name in problem.used_datasets if name not in rows]
    if lacking:
        faults = "; ".join(line.text for line in lines if line.mark == "✗")
        raise InvalidInput(
            f"There are no good rows of {', '.join(lacking)}{f': {faults}' if faults else ''}",
            where={"problem": problem.problem},
            remedy=f"Name files with --data, and see './ghosteam check {problem.problem}'",
        )
    offered, left = candidates(problem, rows)
    everything = problem
    for one in offered:
        everything = one.added_to(everything)
    progress("joining features …")
    sources = sources_of(everything, rows)
    spans, _ = first_run(problem, rows, sources.events, now=asked.now)
    known = _before_the_holdout(everything, sources, spans)
    found = weigh(
        problem, offered, known, clock=time.monotonic, seconds=asked.seconds, progress=progress
    )
    return replace(found, left_out=[*left, *found.left_out])


def _before_the_holdout(problem: Problem, sources: SourceFrames, spans: Spans) -> TrainingRows:
    """What a run learns from, divided into rows to learn from and later ones to judge by."""
    if problem.timed:
        end = spans.holdout_start - _INSTANT
        judged_from = problem.held_out_length.before(end)
        earlier = Spans(spans.train_start, judged_from, end)
        return training_rows(problem, sources, earlier, most=MOST_ROWS)
    known = training_rows(problem, sources, spans, most=MOST_ROWS)
    judged = pl.int_range(pl.len()) % _A_FIFTH == 0
    train, holdout = known.train.filter(~judged), known.train.filter(judged)
    return TrainingRows(train, holdout, (train.height, holdout.height))
