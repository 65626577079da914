"""SageMaker endpoints: asking one for predictions, and taking one down."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from ghosteam.aws.errors import translated
from ghosteam.errors import Defect, Transient
from ghosteam.json_object import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

_INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class Outputs:
    """Each row's outputs by name, in the rows' order, and the model version that the container says
    it serves.
    """

    rows: tuple[Mapping[str, float], ...]
    version: str


class ScoringEndpoints:
    """Asks endpoints for predictions. ``client`` is a boto3 SageMaker runtime client."""

    def __init__(self, client: SageMakerRuntimeClient) -> None:
        self._client = client

    def score(self, endpoint: str, rows: Sequence[Mapping[str, object]]) -> Outputs:
        """Outputs of ``rows`` (feature name to value) from ``endpoint``.

        Raises:
            Transient: the endpoint failed, is not in service or cannot be reached.
            Defect: the call is not allowed, or the answer is not of the agreed form.
        """
        where = {"endpoint": endpoint}
        body = json.dumps({"rows": rows}, allow_nan=False).encode()
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=endpoint,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
            document = _in_present_form(json.loads(answer["Body"].read()))
            names = [str(name) for name in document["outputs"]]
            outputs = tuple(
                {name: float(value) for name, value in zip(names, row, strict=True)}
                for row in document["rows"]
            )
            version = str(document["version"])
        except ClientError as error:
            denied = "AccessDenied" in error.response.get("Error", {}).get("Code", "")
            family, remedy = (
                (Defect, "Check the role's policy")
                if denied
                else (Transient, "Look at the endpoint's log")
            )
            raise family(
                f"The endpoint failed: {error}", where=where, remedy=remedy, internal=True
            ) from error
        except BotoCoreError as error:
            raise Transient(
                f"The endpoint cannot be reached: {error}", where=where, internal=True
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise Defect(
                f"The endpoint's answer has another form than agreed: {error!r}",
                where=where,
                remedy="Deploy the job image of this release",
                internal=True,
            ) from error
        if len(outputs) != len(rows):
            raise Defect(
                f"The endpoint gave {len(outputs)} answers for {len(rows)} rows",
                where=where,
                internal=True,
            )
        if not all(math.isfinite(value) for row in outputs for value in row.values()):
            raise Defect(
                "The endpoint gave an output that is no finite number", where=where, internal=True
            )
        return Outputs(outputs, version)


class EndpointAdmin:
    """Takes endpoints of one environment down. ``client`` is a boto3 SageMaker client, ``scaling``
    an Application Auto Scaling client.
    """

    def __init__(
        self, client: SageMakerClient, scaling: ApplicationAutoScalingClient, *, environment: str
    ) -> None:
        self._client = client
        self._scaling = scaling
        self._environment = environment

    def retire(self, name: str) -> None:
        """Delete the endpoint ``name`` with its configuration and model of the same name; what is
        gone already is skipped.

        Raises:
            Transient: the endpoint is being created or updated; SageMaker deletes it only when that
                is over.
        """
        found = _unless_gone(
            lambda: self._client.describe_endpoint(EndpointName=name), "endpoint", name
        )
        status = found["EndpointStatus"] if found else "Gone"
        if status in ("Creating", "Updating", "SystemUpdating", "RollingBack"):
            raise Transient(
                f"The endpoint is {status}",
                where={"endpoint": name},
                remedy="Try again when it is steady",
            )
        if found and status != "Deleting":
            # A scalable target left behind would be applied to the next endpoint of that name.
            self._stop_scaling(
                name, [variant["VariantName"] for variant in found.get("ProductionVariants", [])]
            )
            _unless_gone(lambda: self._client.delete_endpoint(EndpointName=name), "endpoint", name)
        _unless_gone(
            lambda: self._client.delete_endpoint_config(EndpointConfigName=name),
            "endpoint configuration",
            name,
        )
        _unless_gone(lambda: self._client.delete_model(ModelName=name), "model", name)

    def made(self, prefix: str) -> tuple[dict[str, datetime], frozenset[str]]:
        """When each endpoint, configuration or model of this environment whose name begins with
        ``prefix`` was made, by name (the newest of the three); and which names are endpoints that
        are not being deleted.

        One environment's name may begin another's (``dev``, ``dev-eu``), so the tag decides.
        """
        found: dict[str, datetime] = {}
        endpoints = set()
        listings: list[tuple[Any, str, str]] = [
            (self._client.get_paginator("list_endpoints"), "Endpoints", "Endpoint"),
            (
                self._client.get_paginator("list_endpoint_configs"),
                "EndpointConfigs",
                "EndpointConfig",
            ),
            (self._client.get_paginator("list_models"), "Models", "Model"),
        ]
        for paginator, key, kind in listings:
            with translated("Listing what workflows made", kind=kind):
                for page in paginator.paginate(NameContains=prefix):
                    for item in page[key]:
                        name, moment = item[f"{kind}Name"], item["CreationTime"]
                        if not name.startswith(prefix) or not self._is_mine(item[f"{kind}Arn"]):
                            continue
                        found[name] = max(moment, found.get(name, moment))
                        if key == "Endpoints" and item["EndpointStatus"] != "Deleting":
                            endpoints.add(name)
        return found, frozenset(endpoints)

    def _is_mine(self, arn: str) -> bool:
        pages = self._client.get_paginator("list_tags").paginate(ResourceArn=arn)
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        return tags.get("ghosteam:environment") == self._environment

    def sweep(self, prefix: str) -> list[str]:
        """Retire every endpoint, configuration and model of this environment whose name begins with
        ``prefix``; returns their names.
        """
        names = sorted(self.made(prefix)[0])
        for name in names:
            self.retire(name)
        return names

    def _stop_scaling(self, name: str, variants: list[str]) -> None:
        if not variants:  # without ids the service would list every target of the account
            return
        resources = [f"endpoint/{name}/variant/{variant}" for variant in variants]
        with translated("Deregistering scalable targets", endpoint=name):
            found = self._scaling.describe_scalable_targets(
                ServiceNamespace="sagemaker",
                ScalableDimension=_INSTANCES,
                ResourceIds=resources,
            )
            for target in found["ScalableTargets"]:
                self._scaling.deregister_scalable_target(
                    ServiceNamespace="sagemaker",
                    ScalableDimension=_INSTANCES,
                    ResourceId=target["ResourceId"],
                )


def _in_present_form(answer: JsonObject) -> JsonObject:
    """Containers of the first releases answer with one probability a row, as ``scores``."""
    if "scores" not in answer:
        return answer
    rows = [[score] for score in answer["scores"]]
    return {"outputs": ["score"], "rows": rows, "version": answer["version"]}


Answer = TypeVar("Answer")


def _unless_gone(call: Callable[[], Answer], what: str, name: str) -> Answer | None:
    with translated(f"Taking down: {what}", name=name):
        try:
            return call()
        except ClientError as error:
            # SageMaker has no code for "not found": it says so in a ValidationException's text.
            if "Could not find" in error.response.get("Error", {}).get("Message", ""):
                return None
            raise
