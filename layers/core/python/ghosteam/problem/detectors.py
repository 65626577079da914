"""Which drift detectors there are, and what the grammar asks of one.

Each is a file of ``ghosteam.monitoring.detectors``, which also says what a detector is.
"""

from __future__ import annotations

from typing import Literal, Protocol

from ghosteam.registry import Registry

Kind = Literal["numbers", "categories"]


class Described(Protocol):
    """``kind``: the kind of values that it compares."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...


DETECTORS: Registry[Described] = Registry(
    "drift detector",
    "ghosteam.monitoring.detectors",
    ("hellinger", "jensen_shannon", "kolmogorov_smirnov"),
)


def detectors_of(kind: str) -> list[str]:
    """Names of those that compare values of ``kind``."""
    return [name for name in DETECTORS.names if DETECTORS.find(name).kind == kind]
