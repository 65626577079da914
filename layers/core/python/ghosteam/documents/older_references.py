"""The steps of drift references, which ``upgrades.py`` has in its order.

Those before the fourth form kept one distance for each feature, and the largest that a block of the
reference had: from it follows about how restless the feature is. They knew no vocabulary, no joint
distribution and no importance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from ghosteam.json_object import JsonObject

OTHER = "\x00other"
"""What the rows of all rare categories were counted under."""
_PRESENCE = "missing"
_OF_NUMBERS = ("location", "spread", "kolmogorov_smirnov", "out_of_range", "stuck", _PRESENCE)
_OF_CATEGORIES = ("chi_square", "new_categories", "vanished_categories", _PRESENCE)
"""The detectors that judged by default when the fourth form came."""
_OF_A_SHIFT = 0.399
"""By so much a shift of one standard deviation moved the distance, for small shifts."""
_LARGEST = 2.5
"""Of some dozens of normal numbers, the largest is so many standard deviations away."""
_LASTING = 0.3


def outputs_by_name(reference: JsonObject) -> JsonObject:
    """A model had one output, which had no name."""
    score = reference.get("score")
    return {"outputs": {"score": score} if score else {}, **reference}


def one_profile_each(reference: JsonObject) -> JsonObject:
    """Numbers had an ``ecdf``, and categories their ``counts`` beside what else was known."""

    def of(column: JsonObject, name: str) -> JsonObject:
        profile = column.get("ecdf") if name == "ecdf" else {"counts": column.get("counts", {})}
        return {"profile": profile, **column}

    return {
        **reference,
        "numeric": _each(reference["numeric"], lambda one: of(one, "ecdf")),
        "categorical": _each(reference["categorical"], lambda one: of(one, "counts")),
        "outputs": _each(reference["outputs"] or {}, lambda one: of(one, "ecdf")),
    }


def samples_with_noise(reference: JsonObject) -> JsonObject:
    """A column had its profile and the largest distance of a block."""
    rows = int(reference["rows"])
    numbers = _each(reference["numeric"], lambda one: _numbers(one, rows))
    categories = _each(reference["categorical"], lambda one: _categories(one, rows))
    return {
        "rows": rows,
        "window_seconds": reference.get("window_seconds"),
        "columns": {**numbers, **categories},
        "outputs": _each(reference["outputs"], lambda one: _numbers(one, rows)),
        "joint": None,
        "passed_over": {},
        "importance": {},
    }


def no_outcomes(reference: JsonObject) -> JsonObject:
    """Nothing was kept of outcomes."""
    return {"outcomes": {}, "losses": None, **reference}


def form_by_its_name(reference: JsonObject) -> JsonObject:
    """The form's number was called ``version``."""
    return {name: value for name, value in reference.items() if name != "version"}


def _each(columns: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    return {name: change(one) for name, one in columns.items()}


def _numbers(column: JsonObject, rows: int) -> JsonObject:
    profile = column["profile"]
    return {
        "kind": "numbers",
        "sample": _sample_of_numbers(profile) if profile else None,
        "presence": _presence(column, rows),
        "noise": _noises(_OF_NUMBERS, column),
    }


def _categories(column: JsonObject, rows: int) -> JsonObject:
    counts = (column["profile"] or {}).get("counts", {})
    return {
        "kind": "categories",
        "sample": _sample_of_categories(counts) if any(counts.values()) else None,
        "presence": _presence(column, rows),
        "noise": _noises(_OF_CATEGORIES, column),
    }


def _sample_of_numbers(profile: JsonObject) -> JsonObject:
    """Shares of the rows below each boundary (``left``), and at or below it (``right``)."""
    rows = int(profile["rows"])
    shares = list(zip(profile["left"], profile["right"], strict=True))
    below = [round(share * rows) for both in shares for share in both]
    return {
        "grid": profile["boundaries"],
        "cells": [after - before for before, after in pairwise([0, *below, rows])],
        "mode": max(round(right * rows - left * rows) for left, right in shares),
    }


def _sample_of_categories(counts: JsonObject) -> JsonObject:
    named = {name: rows for name, rows in counts.items() if name != OTHER}
    rest = counts.get(OTHER, 0)
    return {"names": [*named], "others": None, "counts": [*named.values(), rest, 0]}


def _presence(column: JsonObject, rows: int) -> JsonObject:
    return {"rows": rows, "missing": round(column.get("null_rate", 0.0) * rows)}


def _noises(detectors: Sequence[str], column: JsonObject) -> JsonObject:
    noise = column.get("noise") or {}
    return dict.fromkeys(detectors, _noise(noise.get("distance"), noise.get("blocks", 0)))


def _noise(largest: float | None, blocks: int) -> JsonObject | None:
    """The largest distance of a block, between 0 and 1, as a level's share of a row's variance."""
    if largest is None:
        return None
    common = (largest / _OF_A_SHIFT / _LARGEST) ** 2
    return {
        "common": float(f"{common:.4g}"),
        "lasting": _LASTING,
        "blocks": blocks,
        "seen": None,
    }
