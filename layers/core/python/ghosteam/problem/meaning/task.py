"""What suits a task, and what does not."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.metrics.metric import METRICS
from ghosteam.problem.aggregates import AGGREGATES, ROWS, Numbered
from ghosteam.problem.lengths import NOTHING
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.spec import Problem
from ghosteam.problem.target import UNKNOWN
from ghosteam.problem.window import Window
from ghosteam.tasks.task import metrics_of, suits


def task(problem: Problem) -> Iterator[Diagnostic]:
    """Classes, metric, values of decisions and windows suit the task."""
    kind = problem.kind
    try:
        kind.check_classes(problem.target.classes)
    except ValueError as error:
        yield Diagnostic(("target", "classes"), str(error))
    if message := _absent(problem):
        yield Diagnostic(("target", "absent"), message)
    metric = problem.promote.metric
    if not suits(kind, metric):
        yield Diagnostic(
            ("promote", "metric"),
            f"{metric} does not suit a {problem.task} problem; {', '.join(metrics_of(kind))} do",
        )
    found, needed = len(problem.target.classes), METRICS.find(metric).min_classes
    if found < needed:
        yield Diagnostic(
            ("promote", "metric"),
            f"{metric} of {found} classes is the same for every model: it needs {needed} or more",
            f"Write another metric, such as {kind.metric}",
        )
    if problem.decide.values is not None and problem.kind.learns != "binary":
        yield Diagnostic(
            ("decide", "values"),
            f"decisions are worth something in binary problems, not in {problem.task} ones",
        )
    for number, window in enumerate(problem.features.windows):
        for message in (_unsuited(window, problem), _numbered(window)):
            if message:
                yield Diagnostic(("features", "windows", number), message)


def _absent(problem: Problem) -> str | None:
    """What is wrong with the outcome that a missing one stands for."""
    absent, classes = problem.target.absent, problem.target.classes
    if absent == UNKNOWN:
        return None
    if problem.target.matures == NOTHING and problem.timed:
        return "a missing outcome says something only after a while: write matures, such as 30d"
    if classes:
        wrong = problem.target.absent_text not in classes
        return f"{absent!r} is none of the classes: {', '.join(classes)}" if wrong else None
    wanted, _ = problem.kind.wanted(classes)
    number = isinstance(absent, int | float) and (
        absent in (0, 1) or (problem.kind.learns == "regression" and not isinstance(absent, bool))
    )
    return None if number else f"{absent!r} is no outcome: they are {wanted}"


def _unsuited(window: Window, problem: Problem) -> str | None:
    """What is wrong with what the window's aggregate is of."""
    takes, target = AGGREGATES.find(window.aggregate).of, problem.target.name
    if takes == ROWS:
        wrong = window.of != ROWS
        return (
            f"{window.aggregate} looks at no value: write {window.aggregate}: rows"
            if wrong
            else None
        )
    counted = problem.counted_by(window)
    own = counted == problem.events_name
    if own and window.of == target:
        if takes == "values" or problem.kind.averages:
            return None
        return (
            f"the {window.aggregate} of a {problem.task} target is not defined: write an aggregate "
            "of rows, such as count: rows"
        )
    column = problem.datasets[counted].columns.get(window.of)
    if column is None:
        or_target = f"the target, {target!r}, or " if own else ""
        return f"{window.aggregate} must name {or_target}a column of {counted}, not {window.of!r}"
    if takes == "numbers" and column.type not in ("integer", "number", "boolean"):
        return f"{window.of!r} is {a_kind(column.type)}: the {window.aggregate} is one of numbers"
    return None


def _numbered(window: Window) -> str | None:
    """What is wrong with the ``n`` of a window."""
    wants = isinstance(AGGREGATES.find(window.aggregate), Numbered)
    if wants and window.n is None:
        return f"a {window.aggregate} needs n: which of the newest rows it is, 1 for the last"
    if window.n is not None and not wants:
        return f"n says which of the newest rows a lag is; of a {window.aggregate} there is none"
    return None
