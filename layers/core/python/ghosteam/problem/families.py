"""Names of the model families: each is a file of ``ghosteam.learning.families``."""

from __future__ import annotations

FAMILIES = ("lightgbm", "xgboost", "sklearn", "forest", "linear")
