"""A sample of numbers: rows below and at each of a reference's boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ghosteam.documents.drift_reference import NumbersRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.monitoring.tails import normal_scores

Places = NDArray[np.int64]
EVEN = 113
TAILS = (0.0005, 0.001, 0.002, 0.004)
BINS = 10


@dataclass(frozen=True)
class Numbers:
    """Finite numbers at ascending boundaries ``grid`` ``(k,)``, which the reference laid out.

    ``below`` ``(..., 2k)``: how many rows are below the first boundary, at or below it, below the
    second, and so on: ties and zero-inflated columns stay exact. ``rows`` ``(...,)``; ``mode``
    ``(...,)``: how many rows have the most frequent value.
    """

    grid: Floats
    below: Floats
    rows: Floats
    mode: Floats

    @classmethod
    def of(cls, values: Floats, grid: Floats | None = None) -> Numbers:
        """Of ``values`` ``(n,)``, n >= 1, finite. Without a ``grid`` it is laid out: evenly spaced
        order statistics, denser in the tails, each value once.
        """
        ordered = np.sort(np.asarray(values, dtype=np.float64))
        return cls.of_ordered(ordered, _grid(ordered) if grid is None else grid)

    @classmethod
    def of_ordered(cls, ordered: Floats, grid: Floats) -> Numbers:
        """Of values ``(n,)`` that are ascending."""
        # What is at most a number is below the next one that there is.
        ends = np.stack((grid, np.nextafter(grid, np.inf)), axis=1).ravel()
        below = np.searchsorted(ordered, ends).astype(np.float64)
        return cls(grid, below, scalar(ordered.size), scalar(_longest_run(ordered)))

    @classmethod
    def stacked(cls, samples: Sequence[Numbers]) -> Numbers:
        """Samples of one layout, one along the first axis."""
        below, rows, mode = (
            np.array([getattr(one, name) for one in samples]) for name in ("below", "rows", "mode")
        )
        return cls(samples[0].grid, below, rows, mode)

    def without(self, part: Numbers) -> Numbers:
        """The rows that are not of ``part``, whose layout is the same; how often the most frequent
        value is among them is taken to be as of all.
        """
        rows = self.rows - part.rows
        return Numbers(self.grid, self.below - part.below, rows, self.mode * rows / self.rows)

    def with_more(self, other: Numbers) -> Numbers:
        """Both samples' rows in one, laid out anew from both layouts.

        Where the layouts differ, rows between two boundaries are taken to lie evenly: no share of
        rows is wrong by more than both samples' shares between neighbouring boundaries.
        """
        both = np.union1d(self.grid, other.grid)
        below = self._at(both) + other._at(both)
        rows = self.rows + other.rows
        wanted = np.unique(np.searchsorted(below[1::2], _places(int(rows)) + 1))
        kept = wanted[wanted < both.size]
        pairs = np.stack([below[2 * kept], below[2 * kept + 1]], axis=1)
        return Numbers(both[kept], pairs.ravel(), rows, np.maximum(self.mode, other.mode))

    @cached_property
    def shares(self) -> Floats:
        """``below`` as shares of the rows, ``(..., 2k)``."""
        found: Floats = self.below / np.asarray(self.rows)[..., None]
        return found

    @cached_property
    def cells(self) -> Floats:
        """Rows below the first boundary, at it, between it and the second, …, above the last:
        ``(..., 2k + 1)``.
        """
        rows = np.asarray(self.rows)[..., None]
        ends = np.concatenate((np.zeros_like(rows), self.below, rows), axis=-1)
        return ends[..., 1:] - ends[..., :-1]

    @cached_property
    def scores(self) -> Floats:
        """A normal score for each cell, ``(2k + 1,)``, by the ranks of this sample's own rows.

        Cells without rows have the score of where they lie; what is beyond all rows, the score of
        the next larger rank. Source: van der Waerden 1952.
        """
        below = np.concatenate(([0.0], self.below, [float(self.rows)]))
        rank = (below[1:] + below[:-1]) / 2
        least = 0.5 / (float(self.rows) + 1)
        return normal_scores(np.minimum(np.maximum(rank / float(self.rows), least), 1 - least))

    @cached_property
    def moments(self) -> tuple[float, float, float]:
        """Mean, variance and fourth central moment of the rows' own scores."""
        weights = self.cells / float(self.rows)
        mean = float(weights @ self.scores)
        away = self.scores - mean
        return mean, float(weights @ away**2), float(weights @ away**4)

    @cached_property
    def cuts(self) -> Places:
        """Positions in ``below`` that cut the rows into at most ``BINS`` bins of like size."""
        at = np.searchsorted(self.below[1::2], np.arange(1, BINS) / BINS * float(self.rows))
        found: Places = np.unique(at[at < self.grid.size - 1]) * 2 + 1
        return found

    def bins(self, cuts: Places) -> Floats:
        """Rows in the bins that another sample's ``cuts`` make, ``(..., n_bins)``."""
        rows = np.asarray(self.rows)[..., None]
        inside = self.below[..., cuts]
        return np.diff(inside, axis=-1, prepend=np.zeros_like(rows), append=rows)

    def quantile(self, share: float) -> float:
        """About the value that so large a share of the rows is at or below."""
        at = int(np.searchsorted(self.below[1::2], share * float(self.rows)))
        return float(self.grid[min(at, self.grid.size - 1)])

    def as_record(self) -> NumbersRecord:
        """JSON-ready; numbers survive the round trip."""
        return {
            "grid": [_short(value) for value in self.grid.tolist()],
            "cells": np.rint(self.cells).astype(int).tolist(),
            "mode": round(float(self.mode)),
        }

    @classmethod
    def from_record(cls, record: NumbersRecord) -> Numbers:
        """The inverse of :meth:`as_record`."""
        total = np.cumsum(np.array(record["cells"], dtype=np.float64))
        grid = np.array(record["grid"], dtype=np.float64)
        return cls(grid, total[:-1], total[-1], scalar(record["mode"]))

    def _at(self, grid: Floats) -> Floats:
        """``below`` at other boundaries, ``(2m,)``, evenly between its own."""
        left = np.interp(grid, np.repeat(self.grid, 2), self.below, left=0.0)
        known = np.searchsorted(self.grid, grid)
        same = (known < self.grid.size) & (self.grid[np.minimum(known, self.grid.size - 1)] == grid)
        found = np.repeat(left, 2)
        found[::2][same] = self.below[2 * known[same]]
        found[1::2][same] = self.below[2 * known[same] + 1]
        found[np.repeat(grid > self.grid[-1], 2)] = float(self.rows)
        return found


def _places(rows: int) -> Places:
    tails = [share for tail in TAILS for share in (tail, 1 - tail)]
    shares = np.unique(np.concatenate((np.linspace(0, 1, EVEN), tails)))
    return np.unique((shares * (rows - 1)).astype(np.int64))


def _grid(ordered: Floats) -> Floats:
    return np.unique(ordered[_places(ordered.size)])


def _longest_run(ordered: Floats) -> int:
    changes = ordered[1:] != ordered[:-1]
    if changes.all():
        return 1
    ends = np.concatenate(([-1], np.flatnonzero(changes), [ordered.size - 1]))
    return int((ends[1:] - ends[:-1]).max())


def _short(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
