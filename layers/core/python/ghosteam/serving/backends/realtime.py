"""An endpoint that is always up, on instances of its own."""

from __future__ import annotations

from ghosteam.problem.serve import Serve
from ghosteam.serving.backends.backend import Backend


def variant(serve: Serve) -> dict[str, object]:
    """See :class:`~ghosteam.serving.backends.backend.Backend`."""
    return {
        "InstanceType": serve.instance_type,
        "InitialInstanceCount": serve.instance_count,
    }


MEMBER = Backend("realtime", settings=("instance_type", "instance_count"), variant=variant)
