"""What every backend must do."""

from __future__ import annotations

import json

from ghosteam.problem.serve import SHARED_SETTINGS, Serve
from ghosteam.serving.backends.backend import Backend

_OF_THE_ROLLOUT = {"VariantName", "ModelName", "InitialVariantWeight"}


def check_backend(backend: Backend, serve: Serve) -> None:
    """Its settings are fields of ``serve`` that not every backend has; the variant's parameters are
    ready for the call and leave to the rollout what is the rollout's. One on instances of its own
    says of which type and how many.
    """
    settings = set(backend.settings)
    assert settings <= Serve.model_fields.keys() - SHARED_SETTINGS, f"{settings} of {backend.name}"
    parameters = backend.variant(serve)
    assert parameters, f"{backend.name} says nothing of the variant's capacity"
    assert json.loads(json.dumps(parameters)) == parameters, f"{parameters} is not JSON"
    assert ("InstanceType" in parameters) == ("InitialInstanceCount" in parameters), (
        f"{backend.name} names instances and not how many, or how many and not which"
    )
    assert not _OF_THE_ROLLOUT & parameters.keys(), f"{backend.name} names the variant itself"
