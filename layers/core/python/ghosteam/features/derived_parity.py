"""Which served values of derived features say something of how features are made.

What is derived follows by one code from its inputs, which are compared themselves. It is judged
where these are known to be equal: a late input makes a late value, and is counted once.
"""

from __future__ import annotations

import polars as pl

from ghosteam.features.parity import Compared
from ghosteam.features.views import views_of
from ghosteam.problem.derivation import column_read
from ghosteam.problem.spec import Problem


def not_judged(
    compared: Compared, problem: Problem, champion: Problem | None
) -> dict[str, pl.Series]:
    """By derived feature of ``compared``: the rows in which it is not judged. ``champion``: by
    which other definition what was served was made, None for the problem's own.
    """
    rows, found = compared.trained.height, dict[str, pl.Series]()
    looked_up = {name for view in views_of(problem) for name in view.features.values()}
    for derived in problem.features.derived:
        name = derived.name
        if name not in compared.online.columns:
            continue
        _, reads = problem.features.behind(name)
        inputs = {column_read(read, problem).column for read in reads} & looked_up
        unknown = not inputs <= set(compared.online.columns)
        if unknown or (champion is not None and not _same(name, problem, champion)):
            found[name] = pl.repeat(True, rows, eager=True, dtype=pl.Boolean)
            continue
        skipped = compared.skip.get(name, pl.repeat(False, rows, eager=True, dtype=pl.Boolean))
        for one in sorted(inputs):
            skipped = skipped | (compared.faults(one) != "equal").fill_null(True)
        found[name] = skipped
    return found


def _same(name: str, problem: Problem, champion: Problem) -> bool:
    """Whether both derive a feature alike."""
    theirs = {derived.name for derived in champion.features.derived}
    return name in theirs and problem.features.behind(name) == champion.features.behind(name)
