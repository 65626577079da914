"""Which windows share online rows."""

from __future__ import annotations

from collections import defaultdict

from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window


def online_windows(problem: Problem, dataset: str) -> dict[str, tuple[Window, ...]]:
    """The windows over the rows of a data set, each with the lengths of one period, by the names of
    the views whose rows hold them. Those that share rows have the same keys, in whatever order, and
    the same period; their view is called as the first of them.
    """
    parts = [one for window in problem.windows_over(dataset) for one in window.parts.items()]
    if problem.features.windows_online == "apart":
        return {name: (part,) for name, part in parts}
    views: dict[object, str] = {}
    found: dict[str, list[Window]] = defaultdict(list)
    for name, part in parts:
        view = views.setdefault((frozenset(part.by), part.every), name)
        found[view].append(part)
    return {name: tuple(windows) for name, windows in found.items()}
