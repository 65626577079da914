"""What windows count: the events of a problem, or facts, which are counted as the events of a
problem of their own.

A fact is an event whose outcome nobody waits for: it happened at its ``time`` and is known
``known_after`` that. So everything that follows events into windows, through corrections, moves in
time and withdrawals, follows facts too, and there is one way for both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.datasets import Dataset
from ghosteam.problem.durations import format_duration
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.target import Target

_TASK, _OUTCOME = "regression", "target"
"""Of facts: no column of them is called so."""


def as_counted(problem: Problem, dataset: str) -> Problem:
    """The problem whose events a data set holds or tells the outcomes of: of facts one with these
    alone, and with the windows over them; of all other data sets ``problem``.
    """
    found = problem.datasets.get(dataset)
    return _of_facts(problem, dataset, found) if found and found.role == "facts" else problem


def all_counted(problem: Problem) -> Iterator[Problem]:
    """The problem, and one for each data set of facts that windows count."""
    yield problem
    for name in problem.counted_facts:
        yield as_counted(problem, name)


def _of_facts(problem: Problem, name: str, facts: Dataset) -> Problem:
    known_at = f"{EVENT_TIME} + {format_duration(facts.known_after)}"
    features = problem.features.model_copy(
        update={"request": (), "join": (), "derived": (), "windows": problem.windows_over(name)}
    )
    return problem.model_copy(
        update={
            "task": _TASK,
            "entities": {name: facts.key},
            "event_time": facts.time,
            # Each row counts: there is always an outcome, and no window reads it.
            "target": Target(name=_OUTCOME, expr="1", known_at=known_at),
            "datasets": {name: facts.model_copy(update={"role": "events"})},
            "exclude": (),
            "features": features,
        }
    )
