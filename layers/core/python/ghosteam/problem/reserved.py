"""Names that the project's own columns have, beside columns and features of a problem.

One list, for every frame that holds both: training sets, windows, the prediction log, predictions.
"""

from __future__ import annotations

EVENT_TIME = "event_time"
"""When a row's prediction is asked."""
BESIDE_CELLS = ("_row", "_malformed", "_misfit", "_uncastable", "_extra")
"""What stands beside a file's cells as they are read: no column of a file is called so."""
RESERVED = frozenset(
    {
        *BESIDE_CELLS,
        "_after",
        "_at",
        "_content",
        "_event",
        "_first",
        "_item",
        "_key",
        "_known",
        "_label",
        "_last",
        "_last_known",
        "_moment",
        "_next",
        "_order",
        "_part",
        "_place",
        "_rank",
        "_replaced",
        "_rows",
        "_run",
        "_shard",
        "_share",
        "_since",
        "_some",
        "_state",
        "_there",
        "_until",
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
"""Names of what stands beside the columns of a data set, whatever these are for."""

TILE = "_tile."
"""What the names of a window's tile columns begin with."""


def period_name(view: str) -> str:
    """The column that says which period of a looked-up data set, or of a window, an event meets."""
    return f"{view}_period"
