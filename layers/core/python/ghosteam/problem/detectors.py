"""Which drift detectors there are, and what the grammar asks of one.

Each is a file of ``ghosteam.monitoring.detectors``, which also says what a detector is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from ghosteam.registry import Registry

DetectorKind = Literal[
    "numbers",
    "categories",
    "shares",
    "presence",
    "joint",
    "rows",
    "calibration",
    "steps",
    "errors",
]
USES: Mapping[str, tuple[DetectorKind, ...]] = {
    "numbers": ("numbers", "shares"),
    "categories": ("categories", "shares"),
    "joint": ("joint", "rows"),
    "calibration": ("calibration",),
}


class DetectorDescriptor(Protocol):
    """``kind``: what it compares: ``numbers`` or ``categories`` of a column, ``shares`` of either,
    the ``presence`` of values, all numbers of a row in ``joint``
    (sums over rows) or as whole ``rows``, the ``calibration`` of what outputs promise of outcomes,
    the ``steps`` that outcomes take from window to window, or the sizes of ``errors`` in the order
    of time.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> DetectorKind: ...


DETECTORS: Registry[DetectorDescriptor] = Registry(
    "drift detector",
    "ghosteam.monitoring.detectors",
    (
        "calibration_gap",
        "calibration_slope",
        "chi_square",
        "correlation",
        "domain_classifier",
        "hellinger",
        "jensen_shannon",
        "kolmogorov_smirnov",
        "label_jump",
        "location",
        "maximum_mean_discrepancy",
        "missing",
        "new_categories",
        "out_of_range",
        "page_hinkley",
        "population_stability",
        "reconstruction",
        "spread",
        "stuck",
        "vanished_categories",
        "wasserstein",
    ),
)
PRESENCE = "missing"
"""The detector of missing values, which every column has."""
JUMP = "label_jump"
"""That of jumps, which outcomes have that are classes."""
STREAM = "page_hinkley"
"""That of errors in the order of time."""


def detectors_of(use: str) -> list[str]:
    """Names of those that a problem may choose for ``use``, one of ``USES``."""
    return [name for name in DETECTORS.names if DETECTORS.find(name).kind in USES[use]]
