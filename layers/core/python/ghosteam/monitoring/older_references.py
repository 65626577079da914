"""References of earlier releases as :func:`~ghosteam.monitoring.reference.build_reference` makes
them now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ghosteam.monitoring.detectors.kolmogorov_smirnov import OF_A_SHIFT
from ghosteam.monitoring.entries import Entry
from ghosteam.monitoring.noise import Noise, NoiseRecord
from ghosteam.monitoring.reference import USUAL, VERSION
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.problem.detectors import PRESENCE

OTHER = "\x00other"
_LARGEST = 2.5
"""Of some dozens of normal numbers, the largest is so many standard deviations away."""
_LASTING = 0.3


def current(reference: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored reference of any version, as the present one.

    Those before the fourth kept one distance for each feature, and the largest that a block of the
    reference had: from it follows about how restless the feature is. They knew no vocabulary, no
    joint distribution and no importance.
    """
    if reference["version"] == VERSION:
        return reference
    if reference["version"] == 4:
        # Outcomes had no entries.
        return {**reference, "version": VERSION, "outcomes": {}, "losses": None}
    outputs = reference.get("outputs") or {}
    if reference["version"] == 1:
        # One output, which had no name.
        outputs = {"score": reference["score"]} if reference["score"] else {}
    rows = int(reference["rows"])
    return {
        "version": VERSION,
        "rows": rows,
        "window_seconds": reference.get("window_seconds"),
        "columns": {
            **{name: _entry("numbers", one, rows) for name, one in reference["numeric"].items()},
            **{
                name: _entry("categories", one, rows)
                for name, one in reference["categorical"].items()
            },
        },
        "outputs": {name: _entry("numbers", one, rows) for name, one in outputs.items()},
        "joint": None,
        "outcomes": {},
        "losses": None,
        "passed_over": {},
        "importance": {},
    }


def _entry(kind: str, older: Mapping[str, Any], rows: int) -> Entry:
    profile = older.get("profile", older.get("ecdf"))
    if "counts" in older:
        profile = {"counts": older["counts"]} if any(older["counts"].values()) else None
    numbers = kind == "numbers"
    sample = (_numbers if numbers else _categories)(profile) if profile else None
    missing = scalar(round(older.get("null_rate", 0.0) * rows))
    noise = older.get("noise") or {}
    names = USUAL.numbers if numbers else USUAL.categories
    moved = _noise(noise.get("distance"), noise.get("blocks", 0))
    return {
        "kind": kind,
        "sample": sample.as_record() if sample else None,
        "presence": Presence(scalar(rows), missing).as_record(),
        "noise": {**dict.fromkeys(names, moved), PRESENCE: moved},
    }


def _numbers(profile: Mapping[str, Any]) -> Numbers:
    left, right = (np.array(profile[name]) * profile["rows"] for name in ("left", "right"))
    below = np.rint(np.column_stack([left, right]).ravel())
    rows = scalar(profile["rows"])
    return Numbers(np.array(profile["boundaries"]), below, rows, np.rint(right - left).max())


def _categories(profile: Mapping[str, Any]) -> Categories:
    counts = dict(profile["counts"])
    rest = counts.pop(OTHER, 0)
    return Categories(tuple(counts), None, np.array([*counts.values(), rest, 0], dtype=float))


def _noise(largest: float | None, blocks: int) -> NoiseRecord | None:
    """The largest distance of a block, between 0 and 1, as a level's share of a row's variance."""
    if largest is None:
        return None
    deviation = largest / OF_A_SHIFT / _LARGEST
    return Noise(deviation**2, _LASTING, blocks).as_record()
