"""The functions: layers, memory and time of each. One table, read by the stacks, the size gate and
the import tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_BASE = ("core", "web")
_READS_FOLDERS = ("core", "problems", "web")
"""Of functions that work by the folders: each edit of one gives them a new layer version."""


@dataclass(frozen=True)
class FunctionSpec:
    """``memory`` and ``storage`` in MB, ``timeout`` in seconds; ``variables``: environment of
    libraries, beside the settings. ``alarms``: whether its errors alarm; a workflow's step is
    retried and caught by the workflow, whose own failure alarms, as a custom resource's fails the
    deployment.

    A function's folder is ``functions/<name>/``.
    """

    name: str
    layers: tuple[str, ...] = _READS_FOLDERS
    memory: int = 512
    timeout: int = 60
    storage: int = 512
    snap_start: bool = False
    alarms: bool = True
    variables: tuple[tuple[str, str], ...] = ()


_DATA = (*_READS_FOLDERS, "data")
# MLflow's client retries for minutes by default, longer than the functions live.
_REGISTRY = FunctionSpec(
    "register_model",
    (*_BASE, "mlflow"),
    memory=1024,
    timeout=120,
    storage=2048,
    alarms=False,
    variables=(("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2"),),
)

FUNCTIONS = {
    spec.name: spec
    for spec in (
        FunctionSpec("ingest_file", _DATA, memory=1769, timeout=600, storage=4096),
        FunctionSpec("validate_batch", _DATA, memory=3008, timeout=600, storage=4096),
        FunctionSpec("tell_rejections", _BASE),
        FunctionSpec("send_alerts", _BASE),
        FunctionSpec("dispatch_work"),
        FunctionSpec("expect_turns", _BASE, timeout=300, alarms=False),
        FunctionSpec("accept_events"),
        FunctionSpec("accept_labels"),
        FunctionSpec("authorize_caller", _BASE, timeout=10),
        FunctionSpec("pull_source", (*_READS_FOLDERS, "sql"), timeout=600),
        FunctionSpec("receive_stream"),
        FunctionSpec(
            "materialize_features", (*_DATA, "features"), memory=3008, timeout=900, storage=2048
        ),
        FunctionSpec("decide_retraining"),
        FunctionSpec("start_run", alarms=False),
        FunctionSpec("record_training_set", _BASE, memory=1769, timeout=900, alarms=False),
        FunctionSpec("collect_families", _BASE, memory=1769, timeout=900, alarms=False),
        FunctionSpec("choose_model", timeout=120, alarms=False),
        _REGISTRY,
        FunctionSpec("finish_run", _BASE),
        FunctionSpec("prepare_rollout", alarms=False),
        FunctionSpec("request_approval", _BASE, alarms=False),
        FunctionSpec("shift_traffic", _BASE, alarms=False),
        FunctionSpec("judge_canary", _DATA, memory=1769, timeout=300, alarms=False),
        replace(_REGISTRY, name="finish_rollout", storage=512),
        FunctionSpec("retire_slot", alarms=False),
        FunctionSpec("roll_back", alarms=False),
        replace(
            _REGISTRY,
            name="reconcile",
            layers=(*_READS_FOLDERS, "mlflow"),
            timeout=600,
            storage=512,
            alarms=True,
        ),
        FunctionSpec(
            "predict", (*_READS_FOLDERS, "features"), memory=1769, timeout=29, snap_start=True
        ),
        FunctionSpec("check_drift", _DATA, memory=3008, timeout=600),
        FunctionSpec("check_performance", (*_DATA, "features"), memory=3008, timeout=600),
        FunctionSpec("publish_definitions", timeout=840, alarms=False),
        FunctionSpec("rebuild", timeout=900, alarms=False),
        FunctionSpec("compact_log", _DATA, memory=3008, timeout=900),
        FunctionSpec("sweep_endpoints", _BASE, timeout=600, alarms=False),
    )
}
