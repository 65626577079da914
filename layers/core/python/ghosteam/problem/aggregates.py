"""Which aggregates a window may have, and what the grammar asks of one.

Each is a file of ``ghosteam.features.aggregates``, which also says how an aggregate is made.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, runtime_checkable

from ghosteam.registry import Registry

ROWS = "rows"
"""What an aggregate is written over that looks at no value: ``count: rows``."""


class AggregateDescriptor(Protocol):
    """``of``: whether it takes the rows alone, numbers of them, or values of any kind.
    ``min_rows``: the window's when none is written, 0 for one that is defined without rows.
    """

    name: str
    of: Literal["rows", "numbers", "values"]
    min_rows: int


@runtime_checkable
class Numbered(Protocol):
    """An aggregate of which a window says ``n``, 1 or more."""

    def numbered(self, n: int) -> Any:
        """That of ``n``."""


AGGREGATES: Registry[AggregateDescriptor] = Registry(
    "aggregate",
    "ghosteam.features.aggregates",
    ("count", "distinct", "lag", "last", "max", "mean", "min", "std", "sum", "time_since"),
)
