"""References of earlier releases as :func:`~ghosteam.monitoring.reference.build_reference` makes
them now.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ghosteam.json_object import JsonObject
from ghosteam.monitoring.blocks import Noises
from ghosteam.monitoring.detectors.kolmogorov_smirnov import OF_A_SHIFT
from ghosteam.monitoring.entries import CategoriesEntry, ColumnEntry, NumbersEntry
from ghosteam.monitoring.noise import Noise, NoiseRecord
from ghosteam.monitoring.reference import USUAL, VERSION, Reference
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence, PresenceRecord
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.problem.detectors import PRESENCE

OTHER = "\x00other"
_LARGEST = 2.5
"""Of some dozens of normal numbers, the largest is so many standard deviations away."""
_LASTING = 0.3


def current(reference: JsonObject) -> Reference:
    """A stored reference of any version, as the present one.

    Those before the fourth kept one distance for each feature, and the largest that a block of the
    reference had: from it follows about how restless the feature is. They knew no vocabulary, no
    joint distribution and no importance.
    """
    if reference["version"] >= 4:
        # Of the fourth, outcomes had no entries.
        return {
            "version": VERSION,
            "rows": reference["rows"],
            "window_seconds": reference["window_seconds"],
            "columns": reference["columns"],
            "outputs": reference["outputs"],
            "joint": reference["joint"],
            "outcomes": reference.get("outcomes", {}),
            "losses": reference.get("losses"),
            "passed_over": reference["passed_over"],
            "importance": reference["importance"],
        }
    outputs = reference.get("outputs") or {}
    if reference["version"] == 1:
        # One output, which had no name.
        outputs = {"score": reference["score"]} if reference["score"] else {}
    rows = int(reference["rows"])
    categories = {
        name: _categories_entry(one, rows) for name, one in reference["categorical"].items()
    }
    return {
        "version": VERSION,
        "rows": rows,
        "window_seconds": reference.get("window_seconds"),
        "columns": {**_all_numbers(reference["numeric"], rows), **categories},
        "outputs": _all_numbers(outputs, rows),
        "joint": None,
        "outcomes": {},
        "losses": None,
        "passed_over": {},
        "importance": {},
    }


def _all_numbers(older: JsonObject, rows: int) -> dict[str, ColumnEntry]:
    return {name: _numbers_entry(one, rows) for name, one in older.items()}


def _numbers_entry(older: JsonObject, rows: int) -> NumbersEntry:
    profile = older.get("profile", older.get("ecdf"))
    return {
        "kind": "numbers",
        "sample": _numbers(profile).as_record() if profile else None,
        "presence": _presence(older, rows),
        "noise": _noises(USUAL.numbers, older),
    }


def _categories_entry(older: JsonObject, rows: int) -> CategoriesEntry:
    profile = older.get("profile", older)
    counted = profile and any(profile.get("counts", {}).values())
    return {
        "kind": "categories",
        "sample": _categories(profile).as_record() if counted else None,
        "presence": _presence(older, rows),
        "noise": _noises(USUAL.categories, older),
    }


def _presence(older: JsonObject, rows: int) -> PresenceRecord:
    missing = scalar(round(older.get("null_rate", 0.0) * rows))
    return Presence(scalar(rows), missing).as_record()


def _noises(detectors: Sequence[str], older: JsonObject) -> Noises:
    noise = older.get("noise") or {}
    moved = _noise(noise.get("distance"), noise.get("blocks", 0))
    return {**dict.fromkeys(detectors, moved), PRESENCE: moved}


def _numbers(profile: JsonObject) -> Numbers:
    left, right = (np.array(profile[name]) * profile["rows"] for name in ("left", "right"))
    below = np.rint(np.column_stack([left, right]).ravel())
    rows = scalar(profile["rows"])
    return Numbers(np.array(profile["boundaries"]), below, rows, np.rint(right - left).max())


def _categories(profile: JsonObject) -> Categories:
    counts = dict(profile["counts"])
    rest = counts.pop(OTHER, 0)
    return Categories(tuple(counts), None, np.array([*counts.values(), rest, 0], dtype=float))


def _noise(largest: float | None, blocks: int) -> NoiseRecord | None:
    """The largest distance of a block, between 0 and 1, as a level's share of a row's variance."""
    if largest is None:
        return None
    deviation = largest / OF_A_SHIFT / _LARGEST
    return Noise(deviation**2, _LASTING, blocks).as_record()
