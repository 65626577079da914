"""Names that the project's own columns have, beside columns and features of a problem.

One list, for every frame that holds both: training sets, windows, the prediction log, predictions.
"""

from __future__ import annotations

RESERVED = frozenset(
    {
        "_content",
        "_extra",
        "_last_known",
        "_malformed",
        "_misfit",
        "_moment",
        "_order",
        "_row",
        "_rows",
        "_run",
        "_tile",
        "_uncastable",
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
        "row",
        "slot",
        "target",
    }
)
