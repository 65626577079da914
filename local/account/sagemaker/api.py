"""The HTTP entry of SageMaker's control plane and of its runtime."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from ministack.core.concurrency import run_reentrant, spawn_background

from local.account.sagemaker import authorization, endpoints, jobs, runtime, store
from local.account.sagemaker.errors import ApiError
from local.account.sagemaker.operations import Params, call

Response = tuple[int, dict[str, str], bytes]

_JSON = "application/x-amz-json-1.1"
# Invocations have threads of their own: a slow model must not starve the account's other work.
_invocations = ThreadPoolExecutor(max_workers=64, thread_name_prefix="sagemaker-invoke")


async def handle_request(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> Response:
    """Answer one request of the control plane (JSON 1.1) or of the runtime (REST)."""
    endpoint = authorization.invoked_endpoint(unquote(path))
    try:
        if endpoint:
            context = contextvars.copy_context()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                _invocations, lambda: context.run(runtime.invoke, endpoint, headers, body)
            )
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        params = _parsed(body)
        answer = await run_reentrant(_authorized_call, operation, params, headers, query)
    except ApiError as error:
        return _refusal(error)
    return 200, {"Content-Type": _JSON}, json.dumps(answer).encode()


def get_state() -> dict[str, Any]:
    """Nothing outlives the account: jobs and endpoints are its processes."""
    return {}


def load_persisted_state(data: dict[str, Any]) -> None:
    """The counterpart of `get_state`."""


def reset() -> None:
    """Stop everything and forget it."""
    jobs.stop_all()
    spawn_background(endpoints.stop_all, thread_name="sagemaker-reset")
    store.clear()


def _authorized_call(
    operation: str, params: Params, headers: Mapping[str, str], query: Mapping[str, Any]
) -> Params:
    authorization.check_request(operation, params, headers, query)
    return call(operation, params)


def _parsed(body: bytes) -> Params:
    try:
        params = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", f"The request body is no JSON: {error}") from error
    if not isinstance(params, dict):
        raise ApiError("SerializationException", "The request body must be a JSON object.")
    return params


def _refusal(error: ApiError) -> Response:
    member = "Message" if error.code == "ModelError" else "message"
    body = {"__type": error.code, member: str(error), **error.fields}
    return (
        error.status,
        {"Content-Type": _JSON, "x-amzn-errortype": error.code},
        json.dumps(body).encode(),
    )
