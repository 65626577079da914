"""Feature rows to a model's matrix. The category lists are learned in training and travel with the
model.

A matrix is ``(n_rows, n_features)`` float64 in the model's feature order. A category is its
position in the list; a null, an unseen category and a null number are NaN, which every family
treats as missing. A number beyond ``LARGEST`` is that: half of the families count in 32 bits, and
refuse what does not fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.errors import InvalidInput

Matrix = NDArray[np.float64]
MAX_CATEGORIES = 250
"""Most frequent categories kept for a feature: scikit-learn's histogram boosting takes at most 255
bins.
"""
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Encoder:
    """``features`` in the model's order; ``categories`` lists the known values of each feature that
    is a category, as text: a number's without its fraction.
    """

    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def learn(
        cls, frame: pl.DataFrame, *, features: Sequence[str], categorical: Iterable[str]
    ) -> Encoder:
        """Category lists from training rows: the most frequent values of each categorical feature,
        sorted.
        """
        categories = {}
        for name in categorical:
            counts = (
                _texts(frame.get_column(name))
                .drop_nulls()
                .value_counts(name="rows")
                .sort(["rows", name], descending=[True, False])
            )
            categories[name] = tuple(sorted(counts.get_column(name).head(MAX_CATEGORIES).to_list()))
        return cls(tuple(features), categories)

    @property
    def is_categorical(self) -> tuple[bool, ...]:
        """For each feature, whether it holds category codes."""
        return tuple(name in self.categories for name in self.features)

    @cached_property
    def _codes(self) -> dict[str, dict[str, float]]:
        return {
            name: {text: float(i) for i, text in enumerate(texts)}
            for name, texts in self.categories.items()
        }

    def from_frame(self, frame: pl.DataFrame) -> Matrix:
        """The matrix of a frame that has a column for each feature.

        Raises:
            InvalidInput: a feature has no column.
        """
        missing = [name for name in self.features if name not in frame.columns]
        if missing:
            raise InvalidInput(
                "The rows lack features",
                where={"fields": ", ".join(missing)},
                remedy="Give every feature a column",
            )
        return np.column_stack([self._column(frame.get_column(name)) for name in self.features])

    def _column(self, series: pl.Series) -> Matrix:
        codes = self._codes.get(series.name)
        if codes is not None:
            series = _texts(series).replace_strict(codes, default=None, return_dtype=pl.Float64)
        numbers = series.cast(pl.Float64).fill_null(math.nan)
        held: Matrix = np.clip(numbers.to_numpy(), -LARGEST, LARGEST)
        return held

    def from_rows(self, rows: Sequence[Mapping[str, object]]) -> Matrix:
        """The matrix of rows that came as JSON; every feature must be there, null where it is not
        known.

        Raises:
            InvalidInput: names the row (from 0) and the field that is missing or has another type.
        """
        matrix = np.empty((len(rows), len(self.features)))
        for i, row in enumerate(rows):
            for j, name in enumerate(self.features):
                matrix[i, j] = self._cell(row, name, i)
        return matrix

    def _of_numbers(self, name: str) -> bool:
        """Whether the known categories of a feature are whole numbers."""
        return all(text.removeprefix("-").isdigit() for text in self.categories[name])

    def _cell(self, row: Mapping[str, object], name: str, index: int) -> float:
        try:
            value = row[name]
        except KeyError:
            raise InvalidInput(
                f"The field {name!r} is missing",
                where={"row": index, "field": name},
                remedy="Send every feature, null where its value is not known",
            ) from None
        if value is None:
            return math.nan
        codes = self._codes.get(name)
        if codes is not None and isinstance(value, str):
            return codes.get(value, math.nan)
        if codes is not None and self._of_numbers(name) and isinstance(value, int | float):
            return codes.get(str(int(value)), math.nan)
        if codes is None and isinstance(value, int | float):
            return min(max(float(value), -LARGEST), LARGEST)
        raise InvalidInput(
            f"The field {name!r} must be {'text' if codes is not None else 'a number'} or null, "
            f"not {type(value).__name__}",
            where={"row": index, "field": name},
            remedy="Send the type that the model was trained on",
        )


def _texts(series: pl.Series) -> pl.Series:
    """Categories as text: a number that is one has no fraction."""
    whole = series.cast(pl.Int64) if series.dtype.is_numeric() else series
    return whole.cast(pl.String)
