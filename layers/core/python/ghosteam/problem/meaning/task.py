"""What suits a task, and what does not."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.metrics.metric import METRICS
from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.spec import Problem


def task(problem: Problem) -> Iterator[Fault]:
    """Classes, metric, values of decisions and windows suit the task."""
    kind = problem.kind
    try:
        kind.check_classes(problem.target.classes)
    except ValueError as error:
        yield Fault(("target", "classes"), str(error))
    metric = problem.promote.metric
    if metric not in kind.metrics and problem.task not in METRICS.find(metric).suits:
        yield Fault(
            ("promote", "metric"),
            f"{metric} does not suit a {problem.task} problem; {', '.join(kind.metrics)} do",
        )
    if problem.decide.values is not None and problem.task != "binary":
        yield Fault(
            ("decide", "values"),
            f"decisions are worth something in binary problems, not in {problem.task} ones",
        )
    for number, window in enumerate(problem.features.windows):
        if not kind.averages:
            yield Fault(
                ("features", "windows", number, "rate"),
                f"the mean of a {problem.task} target is not defined: windows need a binary one",
            )
        elif window.rate != problem.target.name:
            yield Fault(
                ("features", "windows", number, "rate"),
                f"rate must name the target, {problem.target.name!r}",
            )
