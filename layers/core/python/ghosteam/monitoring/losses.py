"""How far a regression's predictions are expected to be off, by what is known of a row: a model of
the size of the error, learned on rows that the predicting model did not learn from.

Direct loss estimation with a model of our own: the size is a product of factors, one for each
column's bin, fitted by proportional scaling, each drawn to 1 as far as its rows are few.

Source: NannyML's documentation, "How it works: performance estimation" (nannyml.readthedocs.io);
Darroch and Ratcliff 1972 for the scaling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.drift_reference import BinsRecord, LossesRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import as_categories, as_numbers
from ghosteam.monitoring.joint_entry import output_name
from ghosteam.problem.spec import Problem

BINS, NAMES, MOST_COLUMNS = 16, 30, 15
ROUNDS, RATE, DRAWN = 30, 0.5, 30.0
PARTS = 201


@dataclass(frozen=True)
class Losses:
    """``size``: the usual size of an error; ``factors``: by column, its bins and how much larger
    errors are there; ``shape`` ``(201,)``: errors over their expected size, in ascending order, one
    of each of as many equal parts. Rows count by the squares of these sizes, and each part has its
    mean square, so that what is drawn has that of the errors.
    """

    size: float
    factors: Mapping[str, BinsRecord]
    shape: Floats

    @classmethod
    def of(
        cls, frame: pl.DataFrame, errors: Floats, numeric: Sequence[str], texts: Sequence[str]
    ) -> Losses:
        """Of ``errors`` ``(n,)``, n >= 1, on the rows of ``frame``; of the columns, at most
        ``MOST_COLUMNS``, the first ones.
        """
        sizes, kept = np.abs(errors), [*numeric, *texts][:MOST_COLUMNS]
        bins = {name: _laid_out(frame.get_column(name), name in texts) for name in kept}
        places = {name: _places(frame.get_column(name), one) for name, one in bins.items()}
        size = float(sizes.mean())
        logs = {name: np.zeros(_count(one)) for name, one in bins.items()}
        expected = np.full(len(sizes), max(size, 1e-12))
        for _ in range(ROUNDS):
            for name, at in places.items():
                seen, said = (
                    np.bincount(at, weights=one, minlength=logs[name].size) + DRAWN * size
                    for one in (sizes, expected)
                )
                step = RATE * np.log(np.maximum(seen, 1e-12) / np.maximum(said, 1e-12))
                logs[name] += step
                expected = expected * np.exp(step)[at]
        factors: dict[str, BinsRecord] = {
            name: {**bins[name], "factors": np.exp(logs[name]).round(5).tolist()} for name in kept
        }
        expected = np.maximum(expected, 1e-12)
        return cls(size, factors, _shape(errors / expected, expected**2))

    def sizes(self, frame: pl.DataFrame) -> Floats:
        """How large the errors of the frame's rows are expected to be ``(n,)``; of a column that it
        lacks nothing follows.
        """
        found = np.full(frame.height, self.size)
        for name, one in self.factors.items():
            if name in frame.columns:
                found = found * np.array(one["factors"])[_places(frame.get_column(name), one)]
        return found

    def as_record(self) -> LossesRecord:
        """JSON-ready."""
        shape = [float(f"{one:.5g}") for one in self.shape]
        return {"size": self.size, "factors": dict(self.factors), "shape": shape}

    @classmethod
    def from_record(cls, record: LossesRecord) -> Losses:
        """The inverse of :meth:`as_record`."""
        return cls(record["size"], record["factors"], np.array(record["shape"]))


def losses_of(
    problem: Problem,
    holdout: pl.DataFrame,
    outputs: Floats,
    importance: Mapping[str, float | None],
) -> LossesRecord | None:
    """What a reference keeps of the errors of ``outputs`` ``(n, k)`` on the rows of ``holdout``;
    None where outcomes are no numbers. Besides what was predicted, the most important features
    that may be logged are looked at.
    """
    target = holdout.get_column(TARGET).cast(pl.Float64).to_numpy()
    errors = problem.kind.errors(outputs, target)
    if errors is None or not errors.size:
        return None
    ordered = sorted(problem.logged_features, key=lambda name: -(importance.get(name) or 0.0))[
        : MOST_COLUMNS - 1
    ]
    texts, said = set(problem.text_features), output_name(problem.outputs[0])
    frame = holdout.select(ordered).with_columns(pl.Series(said, outputs[:, 0]))
    numeric = [said, *(name for name in ordered if name not in texts)]
    found = Losses.of(frame, errors, numeric, [name for name in ordered if name in texts])
    return found.as_record()


def _shape(values: Floats, weights: Floats) -> Floats:
    """Of values ``(n,)`` in ``PARTS`` of equal weight; a part without any is between its
    neighbours.
    """
    order = np.argsort(values)
    value, weight = values[order], weights[order]
    part = ((np.cumsum(weight) - weight / 2) / weight.sum() * PARTS).astype(np.int64)
    whole, sums, squares = (
        np.bincount(part, weights=weight * value**power, minlength=PARTS) for power in (0, 1, 2)
    )
    there = np.flatnonzero(whole)
    found: Floats = np.sign(sums[there]) * (squares[there] / whole[there]) ** 0.5
    return np.interp(np.arange(PARTS), there, found)


def _laid_out(column: pl.Series, text: bool) -> BinsRecord:
    if text:
        counted = as_categories(column).drop_nulls().value_counts(sort=True)
        return {"names": sorted(counted.to_series(0).head(NAMES).to_list())}
    values = as_numbers(column)
    present = values[np.isfinite(values)]
    cuts = np.quantile(present, np.arange(1, BINS) / BINS) if present.size else np.empty(0)
    return {"cuts": np.unique(cuts).tolist()}


def _count(layout: BinsRecord) -> int:
    """Bins, with one for what is missing, and of names one for the others."""
    return len(layout["names"]) + 2 if "names" in layout else len(layout["cuts"]) + 2


def _places(column: pl.Series, layout: BinsRecord) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The bin of each row; the last is that of missing values."""
    missing = _count(layout) - 1
    if "names" in layout:
        numbers = {name: place for place, name in enumerate(layout["names"])}
        values = as_categories(column)
        found = [
            missing if value is None else numbers.get(value, missing - 1)
            for value in values.to_list()
        ]
        return np.array(found, dtype=np.int64)
    numeric = as_numbers(column)
    at = np.searchsorted(layout["cuts"], numeric, side="right")
    return np.where(np.isnan(numeric), missing, at).astype(np.int64)
