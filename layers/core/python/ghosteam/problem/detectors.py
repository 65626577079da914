"""Names of the drift detectors and the kind of values that each compares: each is a file of
``ghosteam.monitoring.detectors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["numbers", "categories"]
DETECTORS: Mapping[str, Kind] = {
    "hellinger": "categories",
    "jensen_shannon": "categories",
    "kolmogorov_smirnov": "numbers",
}
