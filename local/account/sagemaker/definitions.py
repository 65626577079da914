"""Refuses state machines that name a SageMaker integration which Step Functions does not have, when
they are made.

Source: Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs with Step
Functions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from local.account import seams

_PREFIX = "arn:aws:states:::sagemaker:"
_SDK_PREFIX = "arn:aws:states:::aws-sdk:sagemaker:"
_JOBS = (
    "createTrainingJob",
    "createProcessingJob",
    "createTransformJob",
    "createHyperParameterTuningJob",
    "createLabelingJob",
)
_RESOURCES = {
    *_JOBS,
    *(f"{job}.sync" for job in _JOBS),
    "createModel",
    "createEndpointConfig",
    "createEndpoint",
    "updateEndpoint",
}


def refusal(definition: str) -> str | None:
    """AWS's complaint about the first SageMaker resource that does not exist; None when there is
    none.
    """
    try:
        states = json.loads(definition)
    except (TypeError, ValueError):
        return None
    for path, resource in _resources(states, ""):
        optimized = resource.removeprefix(_PREFIX) if resource.startswith(_PREFIX) else None
        if (optimized and optimized not in _RESOURCES) or (
            resource.startswith(_SDK_PREFIX) and ".sync" in resource
        ):
            return (
                "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource "
                f"provided {resource} is not "
                "recognized. The value is not a valid resource ARN, or the resource is not "
                f"available in this region. at {path}'"
            )
    return None


def install() -> None:
    """Check definitions that come through the API and through CloudFormation."""
    seams.replace(stepfunctions, "_validate_definition_jsonata", _for_api)
    seams.replace(provisioners, "_sfn_definition", _for_templates)


def _for_api(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda definition: original(definition) or refusal(definition)


def _for_templates(original: Callable[..., Any]) -> Callable[..., Any]:
    def definition_of(properties: dict[str, Any]) -> Any:
        definition = original(properties)
        if refused := refusal(definition):
            raise ValueError(refused)
        return definition

    return definition_of


def _resources(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every task's `Resource` with its path, in nested states too."""
    if isinstance(node, dict):
        if node.get("Type") == "Task" and isinstance(node.get("Resource"), str):
            yield f"{path}/Resource", node["Resource"]
        for key, value in node.items():
            yield from _resources(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _resources(value, f"{path}/{index}")
