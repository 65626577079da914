"""Which versions of views stand in the online table, by the ids of its items."""

from __future__ import annotations

from collections.abc import Iterable

from ghosteam.features.event_times import event_labels_prefix, event_times_prefix
from ghosteam.features.views import row_prefix, views_of
from ghosteam.problem.counted import all_counted
from ghosteam.problem.spec import Problem


def versions_of(problems: Iterable[Problem]) -> set[str]:
    """What the problem as it is meant by each of ``problems`` reads online: ``<view>@<version>``,
    the marks of events among them.
    """
    found = set()
    for problem in problems:
        prefixes = [row_prefix(problem.problem, one.name, one.version) for one in views_of(problem)]
        for counted in all_counted(problem):
            if counted.features.windows or counted.labels:
                prefixes += [event_times_prefix(counted), event_labels_prefix(counted)]
        found |= {version_in(prefix, problem.problem) for prefix in prefixes}
    return found


def version_in(identity: str, problem: str) -> str:
    """The version that an item of the problem belongs to, by its id."""
    return identity.removeprefix(f"{problem}.").partition("#")[0]
