"""Derived features of a frame of events: see :mod:`ghosteam.problem.derivation`."""

from __future__ import annotations

from functools import partial

import polars as pl

from ghosteam.problem.derivation import derived_values
from ghosteam.problem.spec import Problem

_ROWS = 100_000
"""Rows that are computed together, as Python's values."""


def with_derived(joined: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """Adds every derived feature, text or Float64, to events with all that the others follow
    from.
    """
    names = [derived.name for derived in problem.features.derived]
    if not names:
        return joined
    texts = problem.text_features
    schema = {name: pl.String if name in texts else pl.Float64 for name in names}
    parts = [pl.DataFrame(schema=schema)]
    for part in joined.iter_slices(_ROWS):
        values = derived_values(problem, partial(_column, part), part.height)
        parts.append(pl.DataFrame(values, schema=schema))
    return joined.hstack(pl.concat(parts))


def _column(part: pl.DataFrame, name: str) -> list[object]:
    return part.get_column(name).to_list()
