"""Whether data are kept for as long as they are needed: a rule of a bucket counts an object's days
and does not know what still counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta

from ghosteam.errors import InvalidInput
from ghosteam.features.lake_parts import outcome_reach
from ghosteam.problem.spec import Problem
from infra.settings import DataClass, EnvironmentSettings

_DAY = timedelta(days=1)


def check_retention(
    settings: EnvironmentSettings, problems: Mapping[str, Problem]
) -> Iterator[InvalidInput]:
    """A fault for each problem and class of data that ``keep_days`` deletes while it is needed."""
    for name, problem in problems.items():
        for kind, (needed, why) in _needed(problem).items():
            days = settings.keep_days.get(kind)
            if days is not None and (needed is None or days < needed):
                wanted = f"at least {needed} days" if needed else "for ever"
                yield InvalidInput(
                    f"The environment {settings.name!r} keeps {kind!r} for {days} days, and the "
                    f"problem {name!r} needs them {wanted}: {why}",
                    where={"file": "infra/settings.py", "field": f"keep_days[{kind!r}]"},
                    remedy=f"Keep them {wanted}, or leave the class out",
                )


def _needed(problem: Problem) -> dict[DataClass, tuple[int | None, str]]:
    """Days for which a class of data is needed, None for ever, and what for."""
    longest = max((window.reach for window in problem.features.windows), default=timedelta())
    trained = problem.retrain.train_window.longest + longest + outcome_reach(problem) + _DAY
    static = sorted(name for name, dataset in problem.datasets.items() if dataset.static)
    validated: tuple[int | None, str] = (
        math.ceil(trained / _DAY),
        "retrain.train_window, the longest window before it and the time of late outcomes",
    )
    if static:
        validated = None, f"rows of {', '.join(static)} have no time, and count until replaced"
    votes = problem.watch.window.longest * problem.watch.drift[1]
    judged = votes + problem.target.matures.longest + _DAY
    return {
        "validated": validated,
        "predictions": (
            math.ceil(judged / _DAY),
            "watch.window, as often as watch.drift votes, and target.matures",
        ),
        "runs": (None, "a model serves, and is compared with, until another takes its place"),
    }
