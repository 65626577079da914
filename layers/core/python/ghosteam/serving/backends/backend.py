"""What a backend is, and which there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from ghosteam.json_object import JsonObject
from ghosteam.problem.backends import BACKENDS as DESCRIBED
from ghosteam.problem.serve import Serve
from ghosteam.registry import Registry


@dataclass(frozen=True)
class Backend:
    """What answers for a model: a kind of SageMaker endpoint.

    ``settings``: the fields of ``serve`` that it takes beside those of every backend.
    ``variant(serve)``: what SageMaker's CreateEndpointConfig is told of the production variant's
    capacity, JSON-ready under its own names; the variant's name, model and weight are the
    rollout's. Source: SageMaker API reference, ``ProductionVariant``.
    """

    name: str
    settings: tuple[str, ...]
    variant: Callable[[Serve], JsonObject]


BACKENDS = cast("Registry[Backend]", DESCRIBED)
