"""Names in a sentence of a reference."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """The names as code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)
