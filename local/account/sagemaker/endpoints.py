"""Endpoints: deployed, updated without a gap, rolled back when the new fleet fails, deleted."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.concurrency import spawn_background

from local.account.sagemaker import events, guardrails, store
from local.account.sagemaker.deployments import ModelServer, container_of
from local.account.sagemaker.errors import ApiError, JobFailure
from local.account.sagemaker.logs import LogStream
from local.account.sagemaker.store import Record

_STEADY = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
logger = logging.getLogger("ghosteam.sagemaker")


@dataclass
class Variant:
    """A production variant that serves."""

    name: str
    config: dict[str, Any]
    server: ModelServer


# Serving fleets by endpoint ARN.
_fleets: dict[str, list[Variant]] = {}
_lock = threading.Lock()


def create(params: dict[str, Any]) -> Record:
    """Create an endpoint from its configuration; it becomes InService or Failed on its own
    thread.
    """
    store.get("EndpointConfig", params["EndpointConfigName"])
    record = store.add("Endpoint", params["EndpointName"], **params, EndpointStatus="Creating")
    events.publish("Endpoint", record)
    spawn_background(_create, record, thread_name=f"sagemaker-{params['EndpointName']}")
    return record


def update(params: dict[str, Any]) -> Record:
    """Move an endpoint to another configuration; the old fleet serves until the new one is
    healthy.
    """
    record = store.get("Endpoint", params["EndpointName"])
    store.get("EndpointConfig", params["EndpointConfigName"])
    _claim(record, "Updating")
    record["PendingDeploymentSummary"] = {
        "EndpointConfigName": params["EndpointConfigName"],
        "StartTime": time.time(),
    }
    if "DeploymentConfig" in params:
        record["LastDeploymentConfig"] = params["DeploymentConfig"]
    events.publish("Endpoint", record)
    spawn_background(_update, record, params, thread_name=f"sagemaker-{params['EndpointName']}")
    return record


def update_weights(params: dict[str, Any]) -> Record:
    """Change variants' weights and counts. Counts are recorded; one process serves a variant
    here.
    """
    record = store.get("Endpoint", params["EndpointName"])
    known = {variant["VariantName"]: variant for variant in record.get("ProductionVariants", [])}
    for wanted in params["DesiredWeightsAndCapacities"]:
        if wanted["VariantName"] not in known:
            raise ApiError(
                "ValidationException", f'Variant "{wanted["VariantName"]}" does not exist.'
            )
    _claim(record, "Updating")
    for wanted in params["DesiredWeightsAndCapacities"]:
        variant = known[wanted["VariantName"]]
        if "DesiredWeight" in wanted:
            variant["CurrentWeight"] = variant["DesiredWeight"] = wanted["DesiredWeight"]
        if "DesiredInstanceCount" in wanted:
            variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"] = wanted[
                "DesiredInstanceCount"
            ]
    events.publish("Endpoint", record)
    _enter(record, EndpointStatus="InService")
    return record


def delete(name: str) -> None:
    """Delete an endpoint; its fleet drains on its own thread and then the record goes."""
    record = store.get("Endpoint", name)
    _claim(record, "Deleting")
    events.publish("Endpoint", record)
    spawn_background(_delete, record, thread_name=f"sagemaker-{name}")


def fleet(name: str) -> tuple[Record, list[Variant]]:
    """The endpoint's record and serving variants, for an invocation; refused when nothing
    serves.
    """
    record = store.find("Endpoint", name)
    variants = _fleets.get(record["EndpointArn"]) if record else None
    if record is None or not variants:
        account = store.arn("Endpoint", name).split(":")[4]
        raise ApiError("ValidationError", f"Endpoint {name} of account {account} not found.")
    return record, variants


def revive(record: Record, variant: Variant) -> None:
    """Start a container again that ended by itself, as the platform does."""
    with _lock:
        if variant.server.alive or record.get("_reviving"):
            return
        record["_reviving"] = True
    spawn_background(_revive, record, variant, thread_name="sagemaker-revive")


def stop_all() -> None:
    """End every fleet, for a reset of the account."""
    for arn in list(_fleets):
        _retire(_fleets.pop(arn))


def _claim(record: Record, status: str) -> None:
    with _lock:
        if record["EndpointStatus"] not in _STEADY:
            raise ApiError(
                "ValidationException",
                f'Cannot update in-progress endpoint "{record["EndpointArn"]}".',
            )
        store.change(record, EndpointStatus=status)


def _create(record: Record) -> None:
    try:
        variants = _deploy(record, record["EndpointConfigName"])
    except Exception as error:
        _enter(record, EndpointStatus="Failed", FailureReason=_reason(error))
        return
    _route(record, variants, [_described(variant) for variant in variants])
    _enter(record, EndpointStatus="InService")


def _update(record: Record, params: dict[str, Any]) -> None:
    old = _fleets.get(record["EndpointArn"], [])
    before = record.get("ProductionVariants", [])
    try:
        new = _deploy(record, params["EndpointConfigName"])
    except Exception as error:
        _roll_back(record, _reason(error), serving=bool(old))
        return
    kept = (
        {each["VariantName"]: each for each in before}
        if params.get("RetainAllVariantProperties")
        else {}
    )
    _route(record, new, [_described(variant, kept.get(variant.name)) for variant in new])
    alarm = guardrails.tripped_alarm(params.get("DeploymentConfig", {})) if old else None
    if alarm:
        _route(record, old, before)
        _roll_back(
            record, f"One or more configured alarm(s) are in ALARM state: [{alarm}].", serving=True
        )
        _retire(new)
        return
    record.pop("PendingDeploymentSummary", None)
    record.pop("FailureReason", None)
    _enter(record, EndpointStatus="InService", EndpointConfigName=params["EndpointConfigName"])
    _retire(old)


def _roll_back(record: Record, reason: str, *, serving: bool) -> None:
    """The old fleet serves on, if there is one; the reason of the failure stays readable."""
    if serving:
        _enter(record, EndpointStatus="RollingBack", FailureReason=reason)
    record.pop("PendingDeploymentSummary", None)
    _enter(record, EndpointStatus="InService" if serving else "Failed", FailureReason=reason)


def _delete(record: Record) -> None:
    _retire(_fleets.pop(record["EndpointArn"], []))
    store.remove("Endpoint", record["EndpointName"])


def _route(record: Record, variants: list[Variant], described: list[dict[str, Any]]) -> None:
    """Send every following invocation to these variants."""
    with _lock:
        _fleets[record["EndpointArn"]] = variants
        record["ProductionVariants"] = described


def _deploy(record: Record, config_name: str) -> list[Variant]:
    """Start a server for every variant of a configuration; all pass their health check, or none is
    left.
    """
    started: list[Variant] = []
    try:
        for config in store.get("EndpointConfig", config_name)["ProductionVariants"]:
            server = _server(record["EndpointName"], config)
            started.append(Variant(config["VariantName"], config, server))
            seconds = config.get("ContainerStartupHealthCheckTimeoutInSeconds")
            if seconds is None:
                server.start()
            else:
                server.start(seconds)
    except BaseException:
        _retire(started)
        raise
    return started


def _server(endpoint: str, config: dict[str, Any]) -> ModelServer:
    if "ModelName" not in config:
        raise JobFailure(
            "Inference components are not supported here: give the variant a ModelName."
        )
    name = config["VariantName"]
    log = LogStream(f"/aws/sagemaker/Endpoints/{endpoint}", f"{name}/i-{secrets.token_hex(8)}")
    return ModelServer(store.get("Model", config["ModelName"]), log, f"production variant {name}")


def _revive(record: Record, variant: Variant) -> None:
    crashed = variant.server
    try:
        server = _server(record["EndpointName"], variant.config)
        server.start()
        variant.server = server
    except (JobFailure, ApiError) as error:
        logger.warning("endpoint %s: %s", record["EndpointName"], error)
    finally:
        crashed.retire()
        record.pop("_reviving", None)


def _described(variant: Variant, kept: dict[str, Any] | None = None) -> dict[str, Any]:
    model = store.get("Model", variant.config["ModelName"])
    weight = (kept or {}).get("CurrentWeight", variant.config.get("InitialVariantWeight", 1.0))
    described: dict[str, Any] = {
        "VariantName": variant.name,
        "DeployedImages": [
            {"SpecifiedImage": container_of(model)["Image"], "ResolutionTime": time.time()}
        ],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "ServerlessConfig" in variant.config:
        described["CurrentServerlessConfig"] = variant.config["ServerlessConfig"]
    else:
        count = (kept or {}).get(
            "CurrentInstanceCount", variant.config.get("InitialInstanceCount", 1)
        )
        described |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    return described


def _retire(variants: list[Variant]) -> None:
    for variant in variants:
        variant.server.retire()


def _enter(record: Record, **values: Any) -> None:
    store.change(record, **values)
    events.publish("Endpoint", record)


def _reason(error: Exception) -> str:
    if not isinstance(error, JobFailure | ApiError):
        logger.exception("endpoint deployment")
        return f"InternalServerError: {type(error).__name__}: {error}"[:1024]
    return str(error)[:1024]
