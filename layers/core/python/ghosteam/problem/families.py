"""Which model families there are, for the grammar: each is a file of
``ghosteam.learning.families``, which also says what a family is.
"""

from __future__ import annotations

from ghosteam.registry import Registry

FAMILIES: Registry[object] = Registry(
    "model family",
    "ghosteam.learning.families",
    ("lightgbm", "xgboost", "sklearn", "forest", "linear"),
)
