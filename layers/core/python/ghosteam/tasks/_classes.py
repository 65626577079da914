"""What binary and multiclass outcomes have in common: a declared list of classes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ghosteam.metrics.metric import Floats


def positions(values: pl.Series, classes: Sequence[str]) -> pl.Series:
    """Each value's position among ``classes`` as Float64: null stays, NaN for a value that is none
    of them.

    Whole numbers and booleans are written as in YAML: ``3``, ``true``.
    """
    if values.dtype.is_float():
        whole = values.cast(pl.Int64, strict=False)
        values = pl.select(
            pl.when(whole == values).then(whole.cast(pl.String)).otherwise(values.cast(pl.String))
        ).to_series()
    known = {name: float(position) for position, name in enumerate(classes)}
    texts = values.cast(pl.String)
    found = texts.replace_strict(known, default=float("nan"), return_dtype=pl.Float64)
    return pl.select(pl.when(texts.is_null()).then(None).otherwise(found)).to_series()


def shares_after(earlier: Floats, target: Floats, last: Floats, *, count: int) -> Floats:
    """For each of ``last`` ``(n,)`` the shares ``(n, count)`` of the outcomes ``target`` ``(m,)``
    that followed on an equal one in ``earlier`` ``(m,)``: a Markov chain of order one.

    Each class counts one row more than it has, so that no share is 0 and log loss is finite: the
    rule of succession. Sources: Gabriel and Neumann 1962; Laplace 1814.
    """
    import numpy as np

    counts = np.ones((count, count))
    np.add.at(counts, (earlier.astype(np.int64), target.astype(np.int64)), 1)
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares[last.astype(np.int64)]
