"""Whether two definitions serve the same value of a feature for an event."""

from __future__ import annotations

from dataclasses import replace

from ghosteam.features.views import views_of
from ghosteam.problem.spec import Problem


def made_otherwise(one: Problem, other: Problem) -> set[str]:
    """Of what models read that learned by ``one``, and of what tells the time of their events, all
    that ``other`` has not, or makes in another way. What is not sure to be made alike counts, such
    as all windows where one of them is new.
    """
    if one is other:
        return set()
    needed = {*one.feature_names, *one.event_time_expression.columns}
    made, others = _made(one), _made(other)
    found = {name for name in needed if name not in others or made[name] != others[name]}
    return found | ({"event_time"} if one.event_time != other.event_time else set())


def _made(problem: Problem) -> dict[str, object]:
    """What the value of each column of the events, and of each feature, follows from."""
    made: dict[str, object] = dict(problem.events.columns)
    for view in views_of(problem):
        rows = replace(view, features={}, windows=())
        made |= {name: (column, rows) for column, name in view.features.items()}
    for derived in problem.features.derived:
        among, reads = problem.features.behind(derived.name)
        named = {
            read: f"{read.dataset}__{read.name}" if read.dataset else read.name for read in reads
        }
        made[derived.name] = among, {read: made.get(name) for read, name in named.items()}
    return made
