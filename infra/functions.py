"""The functions: layers, memory and time of each. One table, read by the stacks, the size gate and the import tests."""

from __future__ import annotations

from dataclasses import dataclass

_BASE = ("core", "problems", "web")


@dataclass(frozen=True)
class FunctionSpec:
    """``memory`` in MB, ``timeout`` in seconds; a function's folder is ``functions/<name>/``."""

    name: str
    layers: tuple[str, ...] = _BASE
    memory: int = 512
    timeout: int = 60
    storage: int = 512
    snap_start: bool = False


_DATA = (*_BASE, "data")

FUNCTIONS = {
    spec.name: spec
    for spec in (
        FunctionSpec("ingest_file", _DATA, memory=1769, timeout=600, storage=4096),
        FunctionSpec("validate_batch", _DATA, memory=3008, timeout=600, storage=4096),
        FunctionSpec("accept_events"),
        FunctionSpec("materialize_features", (*_DATA, "features"), memory=3008, timeout=900, storage=2048),
        FunctionSpec("decide_retraining"),
        FunctionSpec("start_run"),
        FunctionSpec("register_model", (*_BASE, "mlflow"), memory=1024, timeout=120),
        FunctionSpec("finish_run"),
        FunctionSpec("prepare_rollout"),
        FunctionSpec("request_approval"),
        FunctionSpec("shift_traffic"),
        FunctionSpec("judge_canary", _DATA, memory=1769, timeout=300),
        FunctionSpec("finish_rollout", (*_BASE, "mlflow"), memory=1024, timeout=120),
        FunctionSpec("retire_slot"),
        FunctionSpec("predict", (*_BASE, "features"), memory=1769, timeout=29, snap_start=True),
        FunctionSpec("check_drift", _DATA, memory=3008, timeout=600),
        FunctionSpec("check_performance", _DATA, memory=3008, timeout=600),
        FunctionSpec("sweep_endpoints", timeout=600),
    )
}
