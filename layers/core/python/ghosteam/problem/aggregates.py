"""Which aggregates a window may have, and what the grammar asks of one.

Each is a file of ``ghosteam.features.aggregates``, which also says how an aggregate is made.
"""

from __future__ import annotations

from typing import Literal, Protocol

from ghosteam.registry import Registry

ROWS = "rows"
"""What an aggregate is written over that looks at no value: ``count: rows``."""


class Described(Protocol):
    """``of``: whether it takes the rows alone or their outcomes. ``min_rows``: the window's when
    none is written, 0 for one that is defined without rows.
    """

    name: str
    of: Literal["rows", "target"]
    min_rows: int


AGGREGATES: Registry[Described] = Registry(
    "aggregate", "ghosteam.features.aggregates", ("count", "mean", "sum")
)
