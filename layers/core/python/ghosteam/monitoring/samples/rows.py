"""A sample of whole rows: each number as its place among the reference's own, in a byte."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ghosteam.documents.drift_reference import RowsRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.samples.scalar import scalar

PLACES = 64
MISSING = 255
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Rows:
    """``codes``: the places of the rows' numbers among ascending ``edges`` ``(d, PLACES - 1)`` that
    the reference laid out, ``(n, d)``, ``MISSING`` where there is none; of several samples one such
    array each.

    The rows stand in an order of their own, so that equal samples are equal, whatever the order
    that they came in.
    """

    names: tuple[str, ...]
    edges: Floats
    codes: tuple[Bytes, ...]
    single: bool = True

    @classmethod
    def of(cls, names: Sequence[str], rows: Floats, layout: Rows | None = None) -> Rows:
        """Of ``rows`` ``(n, d)``, n >= 1, NaN for what is missing; in a reference's ``layout``."""
        edges = layout.edges if layout else _edges(rows)
        codes = np.empty(rows.shape, dtype=np.uint8)
        for at, column in enumerate(rows.T):
            found = np.searchsorted(edges[at], column, side="right")
            codes[:, at] = np.where(np.isfinite(column), found, MISSING)
        return cls(tuple(names), edges, (codes[np.lexsort(codes.T[::-1])],))

    @classmethod
    def stacked(cls, samples: Sequence[Rows]) -> Rows:
        """Samples of one layout, one along the first axis."""
        first = samples[0]
        return cls(first.names, first.edges, tuple(one.codes[0] for one in samples), single=False)

    @property
    def rows(self) -> Floats:
        """How many, ``(...,)``."""
        counts = [len(one) for one in self.codes]
        return scalar(counts[0]) if self.single else np.array(counts, dtype=np.float64)

    def of_columns(self, names: Sequence[str]) -> Rows:
        """Of some of the columns alone."""
        kept = [self.names.index(name) for name in names]
        codes = tuple(one[:, kept] for one in self.codes)
        return Rows(tuple(names), self.edges[kept], codes, self.single)

    def as_record(self) -> RowsRecord:
        """JSON-ready, of a sample without a first axis."""
        return {
            "names": list(self.names),
            "edges": [[float(f"{value:.9g}") for value in column] for column in self.edges],
            "codes": b64encode(self.codes[0].tobytes()).decode(),
        }

    @classmethod
    def from_record(cls, record: RowsRecord) -> Rows:
        """The inverse of :meth:`as_record`."""
        codes = np.frombuffer(b64decode(record["codes"]), dtype=np.uint8)
        names = tuple(record["names"])
        return cls(names, np.array(record["edges"]), (codes.reshape(-1, len(names)),))


def _edges(rows: Floats) -> Floats:
    """Evenly spaced quantiles of each column, 0 where it has no value."""
    found = np.zeros((rows.shape[1], PLACES - 1))
    for at, column in enumerate(rows.T):
        present = column[np.isfinite(column)]
        if present.size:
            found[at] = np.quantile(present, np.arange(1, PLACES) / PLACES)
    return np.array([[float(f"{value:.9g}") for value in column] for column in found])
