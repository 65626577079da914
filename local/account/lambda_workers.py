"""Lambda functions of the account run in execution environments that fail, log and import as AWS's
do: see `execution_environments`.
"""

import json
from collections.abc import Callable
from typing import Any

from local.account import seams
from local.account.execution_environments import ENCODED, environment_class


def install() -> None:
    """Have ministack run Python functions in `Environment`s."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    base = seams.require(lambda_runtime, "Worker")
    for name in ("_spawn", "invoke", "_discard_tmpdir"):
        seams.require(base, name)
    environment = environment_class(base)

    def choose(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def worker_class_for(config: dict[str, Any]) -> Any:
            return (
                environment
                if str(config.get("Runtime", "")).startswith("python")
                else original(config)
            )

        return worker_class_for

    seams.replace(lambda_runtime, "_worker_class_for", choose)
    seams.replace(lambda_svc, "_execute_function_warm", _keep_error_types)
    # ministack reports the largest child of the whole account; the environment itself knows better.
    seams.replace(lambda_svc, "_probe_peak_memory_mb", lambda original: _peak_memory)


def _peak_memory(func: dict[str, Any]) -> int:
    """Most resident memory, in MB, that an environment of this function has used."""
    from ministack.core import lambda_runtime

    config = func.get("config") or func
    key = lambda_runtime._worker_key(
        config["FunctionName"], config, config.get("Version", "$LATEST")
    )
    return max(
        (
            worker.peak_mb
            for worker in lambda_runtime._workers.get(key, [])
            if hasattr(worker, "peak_mb")
        ),
        default=0,
    )


def _keep_error_types(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        outcome = original(func, event, request_id)
        text = (outcome.get("body") or {}).get("errorMessage") if outcome.get("error") else None
        if isinstance(text, str) and text.startswith(ENCODED):
            outcome["body"] = json.loads(text.removeprefix(ENCODED))
            outcome["log"] = outcome.get("log", "").rsplit(ENCODED, 1)[0].rstrip("\n")
        return outcome

    return execute
