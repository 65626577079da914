"""The greatest of the numbers, in their unit."""

from __future__ import annotations

from ghosteam.features.aggregates._extreme import Extreme

MEMBER = Extreme("max", max, lambda numbers: numbers.max())
