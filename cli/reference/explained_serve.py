"""Every field of serving in ``problem.yaml`` in words, with an example."""

from __future__ import annotations

SERVE_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Serve": {
        "mode": ("What answers: `realtime` is a SageMaker endpoint that is always up.", "realtime"),
        "instance_type": ("The endpoint's instance type.", "ml.m5.large"),
        "instance_count": ("The endpoint's instances.", "1"),
        "rollout": ("How traffic moves to a new model, see Rollout.", "canary 10% 15m"),
        "rollback_hold": (
            "How long the replaced model's endpoint stays up, for a way back within seconds.",
            "1h",
        ),
        "cache": (
            "For how long a function that answers may use an online row, or that there is none, "
            "without reading it again: at most 15 minutes. At `0s` each request reads.",
            "30s",
        ),
    },
    "Rollout": {
        "percent": ("Share of the entities that meet the new model first.", "10"),
        "watch": ("How long they do before it is judged.", "15m"),
        "when_quiet": ("What becomes of a model that met too little traffic.", "promote"),
    },
}
