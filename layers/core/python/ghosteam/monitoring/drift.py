"""Whether a window of predictions looks like the data the model learned from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from ghosteam.documents.verdicts import DriftVerdict, FeatureMeasured
from ghosteam.monitoring.detectors.detector import DETECTORS, as_values
from ghosteam.monitoring.psi import psi
from ghosteam.monitoring.reference import current
from ghosteam.problem.lengths import Length
from ghosteam.undetermined import Undetermined

ALPHA = 0.001
MARGIN = 0.25
MIN_VALUES = 30


@dataclass(frozen=True)
class FeatureDrift(FeatureMeasured):
    """What was measured of a feature, and what follows from it."""

    @property
    def drifted(self) -> bool:
        """Whether the values or their absence moved."""
        moved = (
            self.distance is not None
            and self.threshold is not None
            and self.distance > self.threshold
        )
        return moved or abs(self.null_rate - self.reference_null_rate) > self.null_threshold

    @property
    def excess(self) -> float:
        """Where between its threshold (0) and the most possible (1) the feature lies: the order in
        which to look at features.
        """
        nulls = _excess(abs(self.null_rate - self.reference_null_rate), self.null_threshold)
        if self.distance is None or self.threshold is None:
            return nulls
        return max(nulls, _excess(self.distance, self.threshold))


@dataclass(frozen=True)
class WindowDrift:
    """All features of a window, most drifted first, and the distance of each of the model's outputs
    by name, which decide nothing.

    A window drifts when any feature does: the thresholds hold the false alarms down, the votes of
    several windows the rest.
    """

    rows: int
    features: tuple[FeatureDrift, ...]
    output_distances: Mapping[str, float]

    @property
    def drifted_features(self) -> tuple[str, ...]:
        """Names, most drifted first."""
        return tuple(feature.name for feature in self.features if feature.drifted)

    @property
    def drifted(self) -> bool:
        """Whether any feature drifted."""
        return bool(self.drifted_features)

    @property
    def share(self) -> float:
        """Drifted features as a share of all features, in [0, 1]."""
        return len(self.drifted_features) / len(self.features) if self.features else 0.0


def judge_window(
    window: pl.DataFrame,
    reference: Mapping[str, Any],
    *,
    min_rows: int,
    min_effect: float,
    outputs: pl.DataFrame | None = None,
) -> WindowDrift | Undetermined:
    """Compare ``window`` (a column a feature) with ``reference`` (see
    :func:`~ghosteam.monitoring.reference.build_reference`). Features that are in one of them alone
    are passed over, such as those that became private since.

    A distance is drift when it is over ``min_effect``, over what blocks of the reference differ by
    themselves with a margin, and over what chance gives for so many rows (``ALPHA``). ``outputs``
    are those of the reference's model on the window, a column an output. Undetermined with fewer
    than ``min_rows`` rows.
    """
    if window.height < min_rows:
        return Undetermined(
            f"the window has {window.height} predictions, fewer than the {min_rows} it needs"
        )
    known = current(reference)
    features = [
        _feature(name, window[name], entry, min_effect, known["rows"])
        for kind in ("numeric", "categorical")
        for name, entry in known[kind].items()
        if name in window.columns
    ]
    distances = {
        name: found
        for name, entry in known["outputs"].items()
        if outputs is not None
        and name in outputs.columns
        and (found := _output_distance(outputs[name], entry)) is not None
    }
    return WindowDrift(
        window.height, tuple(sorted(features, key=lambda f: (-f.excess, f.name))), distances
    )


def sustained(
    drifted: bool,
    window_end: datetime,
    earlier: Sequence[DriftVerdict],
    *,
    window: Length,
    votes: tuple[int, int],
) -> bool:
    """Whether ``k`` of the last ``n`` windows drifted, this one included; ``votes`` is ``(k, n)``.

    ``earlier``: verdicts on the same model. Only
    windows that do not overlap one another vote, so that checking more often does not make the same
    data count more.
    """
    k, n = votes
    count, boundary = int(drifted), window.before(window_end)
    past = sorted(((one.window_end, one.drifted) for one in earlier), reverse=True)
    for end, was_drifted in past:
        if end <= boundary and end > (window * n).before(window_end):
            count += was_drifted
            boundary = window.before(end)
    return drifted and count >= k


def with_margin(noise: float) -> float:
    """A quarter more than the noise seen, but at most half-way to 1, beyond which no distance could
    ever go.
    """
    return noise + min(MARGIN * noise, (1 - noise) / 2)


def _feature(
    name: str,
    column: pl.Series,
    entry: Mapping[str, Any],
    min_effect: float,
    reference_rows: int,
) -> FeatureDrift:
    detector, profile = DETECTORS.find(entry["detector"]), entry["profile"]
    values = as_values(detector.kind, column).drop_nulls()
    null_rate = 1 - values.len() / column.len()
    null_threshold = _null_threshold(entry, min_effect, column.len(), reference_rows)
    nulls = (null_rate, float(entry["null_rate"]), null_threshold)
    if reason := _missing(values.len(), profile is None):
        return FeatureDrift(name, detector.name, None, None, None, *nulls, reason)
    chance = detector.critical(profile, values, ALPHA)
    threshold = max(min_effect, chance, _noise(entry, "distance"))
    stability = psi(*detector.bins(profile, values)) if detector.bins else None
    distance = detector.distance(profile, values)
    return FeatureDrift(name, detector.name, distance, threshold, stability, *nulls, None)


def _output_distance(column: pl.Series, entry: Mapping[str, Any]) -> float | None:
    detector = DETECTORS.find(entry["detector"])
    values = as_values(detector.kind, column).drop_nulls()
    return detector.distance(entry["profile"], values) if values.len() >= MIN_VALUES else None


def _excess(value: float, threshold: float) -> float:
    return (value - threshold) / (1 - threshold) if threshold < 1 else -1.0


def _missing(values: int, reference_is_empty: bool) -> str | None:
    if reference_is_empty:
        return "the reference has no values of it"
    if values < MIN_VALUES:
        return f"the window has {values} values of it, fewer than {MIN_VALUES}"
    return None


def _noise(entry: Mapping[str, Any], field: str) -> float:
    noise = (entry["noise"] or {}).get(field)
    return 0.0 if noise is None else with_margin(noise)


def _null_threshold(
    entry: Mapping[str, Any], min_effect: float, rows: int, reference_rows: int
) -> float:
    rate = float(entry["null_rate"])
    # Smoothed, so that a reference without nulls does not make one null an impossibility.
    rate = (rate * reference_rows + 1) / (reference_rows + 2)
    chance = 3.3 * math.sqrt(rate * (1 - rate) / rows)
    return max(min_effect, chance, _noise(entry, "null_rate"))
