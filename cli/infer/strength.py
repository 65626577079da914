"""How much of the outcome one column says by itself."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cli.column_statistics import least

Floats = NDArray[np.float64]
MOST_ROWS = 20_000
_LEAVES = 32
_MOST_VALUES = 1_000
_FEWEST = 40
_MUCH = 0.9


def strength(column: pl.Series, outcome: Floats, *, numbers: bool, seed: int = 0) -> float:
    """Share of what is not known of the outcome that the column explains, from 0 to 1: of the
    errors of always saying the most frequent class, or of the variance. A tree of one column learns
    from half of the rows, drawn with the ``seed``, and is judged on the rest. 0 where nothing can
    be told. ``numbers``: outcomes are numbers, and no classes.
    """
    x = codes(column)
    if x is None or len(x) < _FEWEST:
        return 0.0
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    learns, judged = np.array_split(np.random.default_rng(seed).permutation(len(x)), 2)
    y = outcome
    if numbers:
        spread = float(np.sum((y[judged] - y[learns].mean()) ** 2))
        if spread <= 0:
            return 0.0
        tree = DecisionTreeRegressor(max_leaf_nodes=4 * _LEAVES, min_samples_leaf=3, random_state=0)
        told = tree.fit(x[learns, None], y[learns]).predict(x[judged, None])
        explained = 1 - float(np.sum((y[judged] - told) ** 2)) / spread
        return max(explained, _linear(x, y))
    values, counts = np.unique(y[learns], return_counts=True)
    wrong = float(np.mean(y[judged] != values[counts.argmax()]))
    if wrong <= 0 or len(values) < 2:
        return 0.0
    tree = DecisionTreeClassifier(max_leaf_nodes=_LEAVES, min_samples_leaf=3, random_state=0)
    told = tree.fit(x[learns, None], y[learns]).predict(x[judged, None])
    return max(0.0, 1 - float(np.mean(told != y[judged])) / wrong)


def strengths(column: pl.Series, outcome: Floats, *, numbers: bool) -> list[float]:
    """Its strength by one draw, and by two more where it says much by that: what is left out for
    the greatest is all that another look finds for the least.
    """
    first = strength(column, outcome, numbers=numbers)
    more = (1, 2) if first >= _MUCH else ()
    return [first, *(strength(column, outcome, numbers=numbers, seed=seed) for seed in more)]


def codes(column: pl.Series) -> Floats | None:
    """A column as numbers: texts by their frequency's rank, a missing value below all; None for
    texts of too many values.
    """
    if column.dtype == pl.String:
        counts = column.drop_nulls().value_counts(sort=True)
        if counts.height > _MOST_VALUES:
            return None
        ranks = {text: float(rank) for rank, text in enumerate(counts[column.name].to_list())}
        numbers = column.replace_strict(ranks, default=None, return_dtype=pl.Float64)
    else:
        kind = pl.Int64 if isinstance(column.dtype, pl.Datetime) else pl.Float64
        numbers = column.cast(kind).cast(pl.Float64)
    known = numbers.drop_nulls()
    below = least(known) - 1
    return numbers.fill_null(below).to_numpy()


def _linear(x: Floats, y: Floats) -> float:
    if np.ptp(x) <= 0 or np.ptp(y) <= 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)
