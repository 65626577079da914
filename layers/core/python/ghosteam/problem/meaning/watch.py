"""What watches is made for what it is to watch."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.detectors import DETECTORS, detectors_of
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.spec import Problem


def detectors(problem: Problem) -> Iterator[Diagnostic]:
    """A detector stands where its kind of values is."""
    for use, names in problem.watch.detectors:
        suited = detectors_of(use)
        for number, name in enumerate(names):
            if name not in suited:
                yield Diagnostic(
                    ("watch", "detectors", use, number),
                    f"{name} compares {DETECTORS.find(name).kind}, not {use}: use "
                    f"{' or '.join(suited)}",
                )


def drops(problem: Problem) -> Iterator[Diagnostic]:
    """Limits are of metrics that models are measured by, each once."""
    judged = problem.promote.metric
    for name in problem.watch.performance.max_drop_of:
        place = ("watch", "performance", "max_drop_of", name)
        if name == judged:
            yield Diagnostic(place, f"{name} is what models are judged by: write max_drop")
        elif name not in problem.metrics:
            known = ", ".join(one for one in problem.metrics if one != judged)
            yield Diagnostic(
                place, f"{name} is not measured of a {problem.task} problem; {known} are"
            )


def reference(problem: Problem) -> Iterator[Diagnostic]:
    """What was served before has a place in time."""
    kind = problem.watch.reference
    if kind != "training" and not problem.timed:
        yield Diagnostic(
            ("watch", "reference"),
            f"events without a time have no {kind} windows: write event_time, or "
            "reference: training",
        )


def watched(problem: Problem) -> Iterator[Diagnostic]:
    """What is looked at, or not, or within limits, are features; limits are of their kind."""
    watch = problem.watch
    named: list[tuple[tuple[str | int, ...], str]] = [
        *((("watch", "only", number), name) for number, name in enumerate(watch.only)),
        *((("watch", "ignore", number), name) for number, name in enumerate(watch.ignore)),
        *((("watch", "limits", name), name) for name in watch.limits),
    ]
    for place, name in named:
        if name not in problem.logged_features:
            known = ", ".join(problem.logged_features)
            yield Diagnostic(place, f"{name!r} is not a feature that is watched; these are {known}")
    for name, limit in watch.limits.items():
        text = name in problem.text_features
        wrong, right = ("shift", "share") if text else ("share", "shift")
        if getattr(limit, wrong) is not None:
            what = "text" if text else "a number"
            yield Diagnostic(
                ("watch", "limits", name, wrong), f"{name!r} is {what}: write {right}, not {wrong}"
            )
