"""``ghosteam pull``: what is new at a source lands now, and not at its next turn."""

from __future__ import annotations

from collections.abc import Callable

from cli.loop import Invoke
from ghosteam.errors import InvalidInput
from ghosteam.problem.sources import PulledSource
from ghosteam.problem.spec import Problem


def check_pulled(problem: Problem, name: str) -> None:
    """Raises InvalidInput when the problem has no source of that name, or one that pushes."""
    source = problem.sources.get(name)
    if isinstance(source, PulledSource):
        return
    pulled = sorted(
        one for one, found in problem.sources.items() if isinstance(found, PulledSource)
    )
    raise InvalidInput(
        f"{name!r} is a stream: it brings its rows itself"
        if source
        else f"{problem.problem} has no source {name!r}",
        where={"problem": problem.problem, "field": "sources"},
        remedy=f"Name one of {', '.join(pulled)}" if pulled else "Declare one: see the guide",
    )


def pull(invoke: Invoke, problem: Problem, name: str, say: Callable[[str], None]) -> int:
    """Pull until nothing more is new, and say what lands; the number of rows.

    Raises:
        InvalidInput: see :func:`check_pulled`.
    """
    check_pulled(problem, name)
    rows = 0
    while True:
        answer = invoke("pull-source", {"problem": problem.problem, "source": name})
        rows += int(answer["rows"])
        if answer["key"]:
            say(f"{answer['rows']:,} rows, up to {answer['watermark']}: {answer['key']}")
        if answer["complete"]:
            break
    if not rows:
        say("Nothing is new.")
    return rows
