"""All faults of a specification whose names exist."""

from __future__ import annotations

from ghosteam.problem.meaning.derived import derived
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.meaning.files import made_ids, names_in_files
from ghosteam.problem.meaning.kept import kept
from ghosteam.problem.meaning.keys import keys, lists
from ghosteam.problem.meaning.labels import labels
from ghosteam.problem.meaning.names import names
from ghosteam.problem.meaning.task import task
from ghosteam.problem.meaning.timeless import timeless
from ghosteam.problem.meaning.times import durations, short_windows, times
from ghosteam.problem.meaning.values import classes, outcome, private, values, weight
from ghosteam.problem.meaning.watch import detectors, drops, reference, watched
from ghosteam.problem.meaning.worth import value, worth
from ghosteam.problem.spec import Problem


def faults_of(problem: Problem) -> list[Diagnostic]:
    """Everything that is wrong with a problem in which all names exist."""
    return [
        fault
        for check in (
            task,
            times,
            timeless,
            lists,
            keys,
            labels,
            names,
            names_in_files,
            made_ids,
            derived,
            outcome,
            classes,
            weight,
            private,
            values,
            value,
            worth,
            durations,
            short_windows,
            kept,
            detectors,
            drops,
            reference,
            watched,
        )
        for fault in check(problem)
    ]
