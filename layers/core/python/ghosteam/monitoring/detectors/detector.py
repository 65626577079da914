"""What a drift detector is, and which there are.

``values`` are those of one column that are there, at least one: a series of finite Float64 for
``numbers``, of String for ``categories``, as :func:`as_values` makes them. A ``profile`` is what a
reference keeps of values: JSON-ready, and the same for the same values in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ghosteam.metrics.metric import Floats
from ghosteam.problem.detectors import DETECTORS as DESCRIBED
from ghosteam.problem.detectors import Kind
from ghosteam.registry import Registry

if TYPE_CHECKING:
    import polars as pl

    Values: TypeAlias = pl.Series
else:
    Values: TypeAlias = Any

Profile = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A distance in [0, 1] between values and a profile, and its critical value.

    ``profile(values)``: what a reference keeps of ``values``.
    ``distance(profile, values)``: 0 where the values are distributed as those of the profile.
    ``distance_from_rest(profile, part)``: between a part of the profile's own values and the others
    of them, at least one.
    ``critical(profile, values, alpha)``: the distance that two independent samples of one
    distribution, of so many rows as the profile's and ``values``, exceed with probability at most
    about ``alpha``.
    ``bins(profile, values)``: counts of the profile's values and of ``values`` in the same bins,
    both ``(n_bins,)``, for the population stability index; None where the profile has no bins.
    """

    name: str
    kind: Kind
    profile: Callable[[Values], Profile]
    distance: Callable[[Profile, Values], float]
    distance_from_rest: Callable[[Profile, Values], float]
    critical: Callable[[Profile, Values, float], float]
    bins: Callable[[Profile, Values], tuple[Floats, Floats]] | None = None


DETECTORS = cast("Registry[Detector]", DESCRIBED)


def as_values(kind: Kind, column: pl.Series) -> Values:
    """``column`` as values of ``kind``, null where there is none: NaN and infinite numbers count as
    missing.
    """
    import polars as pl

    if kind == "categories":
        return column.cast(pl.String)
    numbers = column.cast(pl.Float64).alias("")
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()
