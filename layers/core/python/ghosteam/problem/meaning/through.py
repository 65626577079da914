"""A key that another data set's rows tell: there is one step more, and it ends at the events."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.spec import Problem


def through(problem: Problem) -> Iterator[Diagnostic]:
    """Names of ``through`` stand somewhere, and each is a column of a data set that is looked up by
    the events' own columns.
    """
    for name, dataset in problem.datasets.items():
        for column, path in dataset.through.items():
            if told := _wrong(problem, name, column, path):
                yield Diagnostic(("datasets", name, "through", column), *told)


def _wrong(problem: Problem, name: str, column: str, path: str) -> tuple[str, str] | None:
    """What is wrong with a key's column that ``path`` tells, and what to do."""
    dataset, (other, _, told) = problem.datasets[name], path.partition(".")
    found = problem.datasets.get(other)
    if dataset.role != "lookup":
        return (
            f"{name} holds {dataset.role}, and only what is looked up is found through others",
            "Leave 'through' out",
        )
    if column not in dataset.key:
        return (
            f"{column!r} is not among the key of {name}: {', '.join(dataset.key)}",
            "Name a column of the key",
        )
    if found is None or told not in found.columns:
        looked_up = [one for one, each in problem.datasets.items() if each.role == "lookup"]
        others = ", ".join(one for one in looked_up if one != name) or "none yet"
        return (
            f"{path!r} is not <dataset>.<column> of a declared data set",
            f"Name a column of another data set that is looked up: {others}",
        )
    if found.role == "events":
        return (
            f"{path!r} is a column of the events, by which a key is found without more",
            f"Leave it out, and call the column {column} in both, with 'from' for the files' own "
            "name",
        )
    if found.role != "lookup":
        return (
            f"{path!r} is a column of {found.role}, of which an event finds no single row",
            "Name a column of a data set that is looked up",
        )
    if circle := _circle(problem, name):
        return (
            f"{name} is found through itself: {' is found through '.join(circle)}",
            "Look one of them up by the events' columns alone",
        )
    if found.through:
        behind = ", ".join(found.through.values())
        return (
            f"{other} is found through {behind} itself: one more step is all there is",
            f"Write the column {told} into the rows of {behind.partition('.')[0]}, and name it "
            "there",
        )
    return None


def _circle(problem: Problem, name: str) -> list[str]:
    """The data sets from ``name`` to itself, each found through the next; empty: it is in none."""
    ways = [[name]]
    while ways:
        way = ways.pop()
        last = problem.datasets.get(way[-1])
        for path in last.through.values() if last else ():
            other = path.partition(".")[0]
            if other == name:
                return [*way, name]
            if other not in way:
                ways.append([*way, other])
    return []
