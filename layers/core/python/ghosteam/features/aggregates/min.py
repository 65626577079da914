"""The least of the numbers, in their unit."""

from __future__ import annotations

from ghosteam.features.aggregates._extreme import Extreme

MEMBER = Extreme("min", min, lambda numbers: numbers.min())
