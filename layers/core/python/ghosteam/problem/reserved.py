"""Names that the project's own columns have, beside columns and features of a problem.

One list, for every frame that holds both: training sets, windows, the prediction log, predictions.
"""

from __future__ import annotations

EVENT_TIME = "event_time"
"""When a row's prediction is asked."""
RESERVED = frozenset(
    {
        "_content",
        "_extra",
        "_last_known",
        "_malformed",
        "_misfit",
        "_moment",
        "_order",
        "_part",
        "_row",
        "_rows",
        "_run",
        "_shard",
        "_state",
        "_uncastable",
        "_value",
        "_weight",
        "bucket",
        "call_id",
        "created_timestamp",
        "decision",
        "endpoint",
        "event_time",
        "event_timestamp",
        "known_at",
        "latency_ms",
        "made_at",
        "model_version",
        "outputs",
        "prediction_id",
        "slot",
        "target",
    }
)

BESIDE_ROWS = frozenset(name for name in RESERVED if name.startswith("_"))
"""Names of what stands beside the columns of a file, whatever these are for."""

TILE = "_tile."
"""What the names of a window's tile columns begin with."""


def period_name(view: str) -> str:
    """The column that says which period of a looked-up data set, or of a window, an event meets."""
    return f"{view}_period"
