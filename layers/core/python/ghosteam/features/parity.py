"""Train/serve parity: does the online store answer what the training set says?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ghosteam.features.codec import FeatureValue

TOLERANCE = 1e-9
MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Parity:
    """Rows compared, rows that differ in at least one feature, and the first differences found."""

    checked: int
    mismatches: int
    examples: list[dict[str, Any]] = field(default_factory=list)


def parity_of(
    offline: Sequence[Mapping[str, Any]],
    online: Sequence[Mapping[str, FeatureValue]],
    identity: Sequence[str],
) -> Parity:
    """Compare rows pairwise over the features that ``online`` has; ``identity`` names the columns
    that an example shows.
    """
    examples: list[dict[str, Any]] = []
    mismatches = 0
    for left, right in zip(offline, online, strict=True):
        different = [name for name, value in right.items() if not _equal(left[name], value)]
        mismatches += bool(different)
        row = {name: left[name] for name in identity}
        examples += [
            {"row": row, "feature": name, "offline": left[name], "online": right[name]}
            for name in different
        ]
    return Parity(len(offline), mismatches, examples[:MAX_EXAMPLES])


def _equal(left: Any, right: FeatureValue) -> bool:
    if left is None or right is None or isinstance(left, str) or isinstance(right, str):
        return bool(left == right)
    return math.isclose(float(left), right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
