"""Which backends serve models, and what the grammar asks of one.

Each is a file of ``ghosteam.serving.backends``, which also says what a backend is.
"""

from __future__ import annotations

from typing import Protocol

from ghosteam.registry import Registry


class BackendDescriptor(Protocol):
    """``settings``: the fields of ``serve`` that it takes beside those of every backend."""

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> tuple[str, ...]: ...


BACKENDS: Registry[BackendDescriptor] = Registry(
    "backend", "ghosteam.serving.backends", ("realtime",)
)
